package dev.stationmaster.jobs.storage;

import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** SQL that says which folders belong to jobs that are over, and notes what was deleted. */
final class RetentionStore {
    /** A retry shares the folder: all of them must be over. */
    private static final String ENDED = """
            SELECT folder_id, max(finished_at) AS ended_at, array_agg(id) AS jobs
            FROM jobs WHERE folder_id = ANY($1) GROUP BY folder_id HAVING bool_and(finished_at IS NOT NULL)""";

    private static final String EVENT = """
            INSERT INTO job_events (job_id, at, kind, state, reason, message, attempt, agent_id)
            SELECT id, $2, 'files_deleted', NULL, $3, $4, attempt, agent_id FROM jobs WHERE id = $1""";

    /** A folder whose jobs are all over since then. */
    record Ended(UUID folderId, OffsetDateTime at, List<UUID> jobs) {}

    private final Database database;

    RetentionStore(Database database) {
        this.database = database;
    }

    Future<List<Ended>> ended(List<UUID> folders) {
        return database.pool()
                .preparedQuery(ENDED)
                .execute(Tuple.tuple().addArrayOfUUID(folders.toArray(new UUID[0])))
                .map(rows -> {
                    var all = new ArrayList<Ended>();
                    for (Row row : rows) {
                        all.add(new Ended(
                                row.getUUID("folder_id"),
                                row.getOffsetDateTime("ended_at"),
                                List.of(row.getArrayOfUUIDs("jobs"))));
                    }
                    return all;
                });
    }

    Future<Void> note(UUID job, OffsetDateTime at, String reason, String message) {
        return database.pool()
                .preparedQuery(EVENT)
                .execute(Tuple.of(job, at, reason, message))
                .mapEmpty();
    }
}
