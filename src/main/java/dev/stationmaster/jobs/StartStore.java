package dev.stationmaster.jobs;

import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;

/** SQL of jobs that wait for something else than room: dependencies, and the end of their patience. */
final class StartStore {
    private static final String UNBLOCK = """
            WITH ready AS (
              SELECT j.id, j.run_at > $1 AS later,
                (SELECT string_agg(d.id::text, ', ') FROM jobs d WHERE d.id = ANY(j.depends_on) AND d.state <> 'succeeded')
                  AS failed
              FROM jobs j WHERE j.state = 'blocked' AND NOT EXISTS (
                SELECT 1 FROM jobs d WHERE d.id = ANY(j.depends_on) AND d.finished_at IS NULL)
              LIMIT $2 FOR UPDATE SKIP LOCKED
            ), moved AS (
              UPDATE jobs j SET version = version + 1,
                state = CASE WHEN ready.failed IS NOT NULL AND j.on_dependency_failure = 'fail' THEN 'failed'
                  WHEN ready.later THEN 'scheduled' ELSE 'queued' END,
                reason = CASE WHEN ready.failed IS NOT NULL AND j.on_dependency_failure = 'fail'
                  THEN 'dependency_failed' END,
                message = CASE WHEN ready.failed IS NOT NULL AND j.on_dependency_failure = 'fail'
                  THEN 'It depends on what did not succeed: ' || ready.failed || '.' END,
                finished_at = CASE WHEN ready.failed IS NOT NULL AND j.on_dependency_failure = 'fail' THEN $1 END,
                run_at = CASE WHEN ready.later THEN j.run_at END,
                queued_at = $1
              FROM ready WHERE j.id = ready.id AND j.state = 'blocked' RETURNING j.*
            ), event AS (
              INSERT INTO job_events (job_id, at, kind, state, reason, message, attempt, agent_id)
              SELECT id, $1, 'state', state, reason, message, attempt, agent_id FROM moved
            )
            SELECT * FROM moved""";
    /** By the index of those that have a limit; a part of one statement with the update it would be asked for each row. */
    private static final String LATE = """
            SELECT id FROM jobs WHERE state = 'queued' AND queue_timeout_seconds IS NOT NULL AND queued_at < $1
              AND queued_at + queue_timeout_seconds * interval '1 second' < $1 LIMIT $2""";

    private static final String TIME_OUT = """
            WITH moved AS (
              UPDATE jobs SET state = 'failed', reason = 'queue_timeout', finished_at = $1, version = version + 1,
                message = 'It waited longer than its queue_timeout_seconds allows.'
              WHERE id = ANY($2) AND state = 'queued' RETURNING *
            ), event AS (
              INSERT INTO job_events (job_id, at, kind, state, reason, message, attempt, agent_id)
              SELECT id, $1, 'state', state, reason, message, attempt, agent_id FROM moved
            )
            SELECT * FROM moved""";
    private static final String OWNERS_OF = "SELECT id, owner_id, agent_id FROM jobs WHERE id = ANY($1)";

    /** Whose a job is. */
    record Belongs(UUID id, UUID ownerId, long agentId) {}

    private final Database database;

    StartStore(Database database) {
        this.database = database;
    }

    /** Jobs whose dependencies have all ended: now queued, scheduled or failed. */
    Future<List<Job>> unblock(OffsetDateTime now, int max) {
        return database.pool()
                .preparedQuery(UNBLOCK)
                .execute(Tuple.of(now, max))
                .map(JobRows::all);
    }

    /** Jobs that waited too long: now failed. */
    Future<List<Job>> timeOut(OffsetDateTime now, int max) {
        return database.pool().preparedQuery(LATE).execute(Tuple.of(now, max)).compose(late -> {
            var ids = new java.util.ArrayList<UUID>();
            late.forEach(row -> ids.add(row.getUUID(0)));
            return ids.isEmpty()
                    ? Future.succeededFuture(List.of())
                    : database.pool()
                            .preparedQuery(TIME_OUT)
                            .execute(Tuple.of(now).addArrayOfUUID(ids.toArray(new UUID[0])))
                            .map(JobRows::all);
        });
    }

    Future<List<Belongs>> belong(List<UUID> ids) {
        return database.pool()
                .preparedQuery(OWNERS_OF)
                .execute(Tuple.tuple().addArrayOfUUID(ids.toArray(new UUID[0])))
                .map(rows -> {
                    var found = new java.util.ArrayList<Belongs>(rows.size());
                    rows.forEach(r -> found.add(new Belongs(r.getUUID(0), r.getUUID(1), r.getLong(2))));
                    return found;
                });
    }
}
