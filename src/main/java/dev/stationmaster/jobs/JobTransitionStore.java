package dev.stationmaster.jobs;

import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** SQL of state changes. Each is guarded by the state machine and, for workers, by the lease number. */
final class JobTransitionStore {
    private static final String TRANSITION = """
            WITH moved AS (
              UPDATE jobs SET
                state = $2, reason = $3, message = $4, exit_code = coalesce($5, exit_code), run_at = $6,
                failures = failures + $7, lost_leases = lost_leases + $8,
                started_at = CASE WHEN $2 = 'running' THEN $9 ELSE started_at END,
                finished_at = CASE WHEN $2 IN ('succeeded', 'failed', 'cancelled') THEN $9 END,
                worker = CASE WHEN $2 IN ('starting', 'running', 'cancelling') THEN worker END,
                lease_expires_at = CASE WHEN $2 IN ('starting', 'running', 'cancelling') THEN lease_expires_at END,
                version = version + 1
              WHERE id = $1 AND state = ANY($10) AND ($11::bigint IS NULL OR lease = $11)
              RETURNING *
            ), ended AS (
              UPDATE job_attempts a SET outcome = $12, reason = $3, message = $4, exit_code = $5, finished_at = $9
              FROM moved m WHERE $12::text IS NOT NULL AND a.job_id = m.id AND a.lease = m.lease AND a.outcome IS NULL
            ), began AS (
              UPDATE job_attempts a SET started_at = $9, charged_until = $9
              FROM moved m WHERE $2 = 'running' AND a.job_id = m.id AND a.lease = m.lease
            ), event AS (
              INSERT INTO job_events (job_id, at, kind, state, reason, message, attempt, agent_id)
              SELECT id, $9, 'state', $2, $3, $4, attempt, agent_id FROM moved
            )
            SELECT * FROM moved""";
    private static final String CLAIM = """
            WITH claimed AS (
              UPDATE jobs SET state = 'admitted', reason = NULL, message = NULL, attempt = attempt + 1, lease = lease + 1,
                worker = $2, lease_expires_at = clock_timestamp() + $3 * interval '1 millisecond', run_at = NULL,
                step = NULL, exit_code = NULL, version = version + 1
              WHERE id = ANY($1) AND state = 'queued' RETURNING *
            ), attempts AS (
              INSERT INTO job_attempts (job_id, lease, attempt, runner, worker, admitted_at)
              SELECT id, lease, attempt, runner, $2, $4 FROM claimed
            ), events AS (
              INSERT INTO job_events (job_id, at, kind, state, attempt, agent_id)
              SELECT id, $4, 'state', 'admitted', attempt, agent_id FROM claimed
            )
            SELECT * FROM claimed""";
    private static final String WAITING = """
            WITH moved AS (UPDATE jobs SET reason = $2, message = $3, version = version + 1
              WHERE id = ANY($1) AND state = 'queued' AND reason IS DISTINCT FROM $2 RETURNING *)
            SELECT * FROM moved""";
    private static final String OFFERED = """
            UPDATE jobs SET version = version + 1,
              reason = CASE WHEN runner = ANY($1) THEN NULL ELSE 'no_matching_executor' END,
              message = CASE WHEN runner = ANY($1) THEN NULL
                ELSE 'No server offers the runner ' || runner || ' at present; switch it on or cancel the job.' END
            WHERE id IN (SELECT id FROM jobs WHERE state = 'queued'
                AND (runner = ANY($1)) = (coalesce(reason, '') = 'no_matching_executor') LIMIT $2)
              AND state = 'queued' RETURNING *""";
    private static final String PRIORITY = """
            UPDATE jobs SET priority = $2, version = version + 1
            WHERE id = $1 AND state IN ('queued', 'retry_wait') RETURNING *""";

    /** Null fields: not given. {@code lease} null: any. */
    record Change(
            UUID jobId,
            @Nullable Long lease,
            JobState to,
            @Nullable String reason,
            @Nullable String message,
            @Nullable Integer exitCode,
            @Nullable OffsetDateTime runAt,
            boolean failure,
            boolean lostLease,
            @Nullable String outcome) {

        static Change to(
                UUID jobId, @Nullable Long lease, JobState to, @Nullable String reason, @Nullable String message) {
            return new Change(jobId, lease, to, reason, message, null, null, false, false, null);
        }

        Change ending(String attemptOutcome) {
            return new Change(jobId, lease, to, reason, message, exitCode, runAt, failure, lostLease, attemptOutcome);
        }

        Change lost() {
            return new Change(jobId, lease, to, reason, message, exitCode, runAt, failure, true, "lost");
        }
    }

    private final Database database;
    private final Clock clock;

    JobTransitionStore(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** The changed job; empty when its state or lease is another by now, in which case nothing changed. */
    Future<Optional<Job>> apply(Change change) {
        return database.pool().preparedQuery(TRANSITION).execute(tuple(change)).map(JobRows::first);
    }

    Future<Optional<Job>> apply(SqlConnection transaction, Change change) {
        return transaction.preparedQuery(TRANSITION).execute(tuple(change)).map(JobRows::first);
    }

    private Tuple tuple(Change c) {
        return Tuple.tuple()
                .addUUID(c.jobId())
                .addString(c.to().wireName())
                .addString(c.reason())
                .addString(text(c.message()))
                .addInteger(c.exitCode())
                .addOffsetDateTime(c.runAt())
                .addInteger(c.failure() ? 1 : 0)
                .addInteger(c.lostLease() ? 1 : 0)
                .addOffsetDateTime(clock.utc())
                .addArrayOfString(c.to().sources())
                .addLong(c.lease())
                .addString(c.outcome());
    }

    /** What programs and the system say may hold what PostgreSQL does not take, and the write would fail for ever. */
    private static @Nullable String text(@Nullable String message) {
        return message == null ? null : message.replace("\0", "");
    }

    /** Queued jobs become admitted under a new lease number each; those that are no longer queued are left out. */
    Future<List<Job>> claim(SqlConnection transaction, Collection<UUID> ids, String worker, Duration lease) {
        return transaction
                .preparedQuery(CLAIM)
                .execute(Tuple.tuple()
                        .addArrayOfUUID(ids.toArray(new UUID[0]))
                        .addString(worker)
                        .addLong(lease.toMillis())
                        .addOffsetDateTime(clock.utc()))
                .map(JobRows::all);
    }

    /** Says why jobs wait; returns those for which that is news. */
    Future<List<Job>> waiting(SqlConnection connection, Collection<UUID> ids, String reason, String message) {
        return connection
                .preparedQuery(WAITING)
                .execute(Tuple.tuple()
                        .addArrayOfUUID(ids.toArray(new UUID[0]))
                        .addString(reason)
                        .addString(message))
                .map(JobRows::all);
    }

    /** Says which jobs wait for a runner that is not there, and takes it back; returns those for which that is news. */
    Future<List<Job>> runnersOffered(Collection<String> runners, int max) {
        return database.pool()
                .preparedQuery(OFFERED)
                .execute(Tuple.tuple()
                        .addArrayOfString(runners.toArray(new String[0]))
                        .addInteger(max))
                .map(JobRows::all);
    }

    Future<Optional<Job>> setPriority(SqlConnection transaction, UUID id, int priority) {
        return transaction
                .preparedQuery(PRIORITY)
                .execute(Tuple.of(id, priority))
                .map(JobRows::first);
    }
}
