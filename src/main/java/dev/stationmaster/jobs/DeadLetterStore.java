package dev.stationmaster.jobs;

import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** SQL of dead letters: jobs that failed for good and that nobody has dealt with. Each read has a partial index. */
final class DeadLetterStore {
    private static final String OPEN = """
             FROM jobs WHERE state = 'failed' AND letter_closed_at IS NULL
              AND (finished_at, seq) < (coalesce((SELECT finished_at FROM jobs WHERE seq = $1), 'infinity'),
                coalesce($1, 9223372036854775807))
              AND ($2::text IS NULL OR queue = $2) AND ($3::bigint IS NULL OR agent_id = $3)
              AND ($4::text IS NULL OR owner = $4) AND ($5::text IS NULL OR reason = $5)
            """;
    /** Two statements, so that each has a plan for its own index. */
    private static final String OF_ALL = OPEN + " AND $6::uuid IS NULL ORDER BY finished_at DESC, seq DESC LIMIT $7";

    private static final String OF_OWNER = OPEN + " AND owner_id = $6 ORDER BY finished_at DESC, seq DESC LIMIT $7";
    private static final String COUNT = "SELECT count(*) FROM jobs WHERE state = 'failed' AND letter_closed_at IS NULL";
    private static final String DISCARD = """
            WITH closed AS (
              UPDATE jobs SET letter_closed_at = $2 WHERE id = $1 AND state = 'failed' AND letter_closed_at IS NULL
              RETURNING *
            ), event AS (
              INSERT INTO job_events (job_id, at, kind, message, attempt, agent_id)
              SELECT id, $2, 'dead_letter_discarded', $3 || ' discarded this failure.', attempt, agent_id FROM closed
            )
            SELECT * FROM closed""";

    /** Null fields mean any; {@code ownerId} is not asked for but follows from who asks. */
    record Filter(
            @Nullable UUID ownerId,
            @Nullable String queue,
            @Nullable Long agentId,
            @Nullable String owner,
            @Nullable String reason) {}

    private final Database database;
    private final Clock clock;

    DeadLetterStore(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** Newest failure first, from behind the job whose number is {@code before}. */
    Future<List<Job>> page(Filter filter, @Nullable Long before, int rows) {
        return database.pool()
                .preparedQuery("SELECT *" + open(filter))
                .execute(tuple(filter, before, rows))
                .map(JobRows::all);
    }

    Future<List<UUID>> matching(Filter filter, int max) {
        return database.pool()
                .preparedQuery("SELECT id" + open(filter))
                .execute(tuple(filter, null, max))
                .map(rows -> {
                    var ids = new ArrayList<UUID>(rows.size());
                    rows.forEach(row -> ids.add(row.getUUID(0)));
                    return ids;
                });
    }

    private static String open(Filter filter) {
        return filter.ownerId() == null ? OF_ALL : OF_OWNER;
    }

    private static Tuple tuple(Filter filter, @Nullable Long before, int rows) {
        return Tuple.tuple()
                .addLong(before)
                .addString(filter.queue())
                .addLong(filter.agentId())
                .addString(filter.owner())
                .addString(filter.reason())
                .addUUID(filter.ownerId())
                .addInteger(rows);
    }

    Future<Long> count() {
        return database.pool().query(COUNT).execute().map(rows -> rows.iterator()
                .next()
                .getLong(0));
    }

    /** Empty when there is no open letter of this job. */
    Future<Optional<Job>> discard(SqlConnection tx, UUID id, String actor) {
        return tx.preparedQuery(DISCARD)
                .execute(Tuple.of(id, clock.utc(), actor))
                .map(JobRows::first);
    }
}
