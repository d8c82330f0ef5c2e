package dev.stationmaster.jobs;

import dev.stationmaster.jobs.scheduler.Decision.Preemption;
import dev.stationmaster.jobs.scheduler.Decision.Start;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** SQL of state changes. Each is guarded by the state machine and, for workers, by the lease number. */
final class JobTransitionStore {
    private static final String TRANSITION = """
            WITH moved AS (
              UPDATE jobs SET
                state = CASE WHEN pausing AND $2 = 'queued' THEN 'paused' ELSE $2 END,
                reason = CASE WHEN pausing AND $2 = 'queued' THEN 'paused' ELSE $3 END,
                message = CASE WHEN pausing AND $2 = 'queued' THEN 'It is set aside; resume it to go on.' ELSE $4 END,
                pausing = pausing AND $2 <> 'queued', preempted_for = NULL, preempt_deadline = NULL, exit_code = coalesce($5, exit_code), run_at = $6,
                queued_at = CASE WHEN state = 'scheduled' AND $2 = 'queued' THEN $9 ELSE queued_at END,
                failures = failures + $7, lost_leases = lost_leases + $8,
                started_at = CASE WHEN $2 = 'running' THEN $9 ELSE started_at END,
                finished_at = CASE WHEN $2 IN ('succeeded', 'failed', 'cancelled') THEN $9 END,
                worker = CASE WHEN $2 IN ('starting', 'running', 'preempting', 'cancelling') THEN worker END,
                lease_expires_at = CASE WHEN $2 IN ('starting', 'running', 'preempting', 'cancelling') THEN lease_expires_at END,
                version = version + 1
              -- only its resumption leads out of a pause, or its end
              WHERE id = $1 AND state = ANY($10) AND (state <> 'paused' OR $2 = 'cancelled') AND ($11::bigint IS NULL OR lease = $11)
              RETURNING *
            ), ended AS (
              UPDATE job_attempts a SET outcome = $12, reason = $3, message = $4, exit_code = $5, finished_at = $9
              FROM moved m WHERE $12::text IS NOT NULL AND a.job_id = m.id AND a.lease = m.lease AND a.outcome IS NULL
            ), began AS (
              UPDATE job_attempts a SET started_at = $9, charged_until = $9
              FROM moved m WHERE $2 = 'running' AND a.job_id = m.id AND a.lease = m.lease
            ), event AS (
              INSERT INTO job_events (job_id, at, kind, state, reason, message, attempt, agent_id)
              SELECT id, $9, 'state', state, reason, message, attempt, agent_id FROM moved
            )
            SELECT * FROM moved""";
    private static final String CLAIM = """
            WITH claimed AS (
              UPDATE jobs j SET state = 'admitted', reason = NULL, message = NULL, attempt = attempt + 1, lease = lease + 1,
                worker = u.worker, replicas_started = u.replicas, preempted_for = NULL, preempt_deadline = NULL, preempt_acknowledged = false,
                lease_expires_at = clock_timestamp() + $3 * interval '1 millisecond', run_at = NULL,
                step = NULL, exit_code = NULL, version = version + 1
              FROM unnest($1::uuid[], $2::text[], $5::int[]) AS u(id, worker, replicas) WHERE j.id = u.id AND j.state = 'queued' RETURNING j.*
            ), attempts AS (
              INSERT INTO job_attempts (job_id, lease, attempt, runner, worker, admitted_at)
              SELECT id, lease, attempt, runner, worker, $4 FROM claimed
            ), events AS (
              INSERT INTO job_events (job_id, at, kind, state, attempt, agent_id)
              SELECT id, $4, 'state', 'admitted', attempt, agent_id FROM claimed
            )
            SELECT * FROM claimed""";
    private static final String PREEMPT = """
            WITH moved AS (
              UPDATE jobs j SET state = 'preempting', reason = 'preempted', preempted_for = u.for_job,
                message = 'Makes room for job ' || u.for_job || '; it goes on from its checkpoint later.',
                preemptions = preemptions + 1, preempt_acknowledged = false,
                preempt_deadline = $3::timestamptz + $4 * interval '1 millisecond', version = version + 1
              FROM unnest($1::uuid[], $2::uuid[]) AS u(id, for_job) WHERE j.id = u.id AND j.state = 'running' RETURNING j.*
            ), event AS (
              INSERT INTO job_events (job_id, at, kind, state, reason, message, attempt, agent_id)
              SELECT id, $3, 'state', 'preempting', reason, message, attempt, agent_id FROM moved
            )
            SELECT * FROM moved""";
    private static final String ACKNOWLEDGE = """
            WITH moved AS (
              UPDATE jobs SET preempt_acknowledged = true, version = version + 1
              WHERE id = $1 AND lease = $2 AND state = 'preempting' RETURNING *
            ), event AS (
              INSERT INTO job_events (job_id, at, kind, message, attempt, agent_id)
              SELECT id, $3, 'preempt_acknowledged', 'The program saves its state.', attempt, agent_id FROM moved
            )
            SELECT * FROM moved""";
    private static final String PRIORITY = """
            UPDATE jobs SET priority = $2, version = version + 1
            WHERE id = $1 AND state IN ('queued', 'retry_wait', 'scheduled', 'blocked', 'paused') RETURNING *""";

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

    /** Queued jobs become admitted under a new lease number each, all their replicas on one server; those that are no longer queued are left out. */
    Future<List<Job>> claim(SqlConnection transaction, List<Start> starts, Duration lease) {
        return transaction
                .preparedQuery(CLAIM)
                .execute(Tuple.tuple()
                        .addArrayOfUUID(starts.stream().map(Start::id).toArray(UUID[]::new))
                        .addArrayOfString(starts.stream().map(Start::worker).toArray(String[]::new))
                        .addLong(lease.toMillis())
                        .addOffsetDateTime(clock.utc())
                        .addArrayOfInteger(starts.stream().map(Start::replicas).toArray(Integer[]::new)))
                .map(JobRows::all);
    }

    /** Running jobs become preempting; those that run no longer are left out. */
    Future<List<Job>> preempt(SqlConnection transaction, List<Preemption> preemptions, Duration notice) {
        return transaction
                .preparedQuery(PREEMPT)
                .execute(Tuple.tuple()
                        .addArrayOfUUID(
                                preemptions.stream().map(Preemption::victim).toArray(UUID[]::new))
                        .addArrayOfUUID(
                                preemptions.stream().map(Preemption::forJob).toArray(UUID[]::new))
                        .addOffsetDateTime(clock.utc())
                        .addLong(notice.toMillis()))
                .map(JobRows::all);
    }

    /** Empty when the job is not preempting under this lease. */
    Future<Optional<Job>> acknowledgePreemption(UUID id, long lease) {
        return database.pool()
                .preparedQuery(ACKNOWLEDGE)
                .execute(Tuple.of(id, lease, clock.utc()))
                .map(JobRows::first);
    }

    Future<Optional<Job>> setPriority(SqlConnection transaction, UUID id, int priority) {
        return transaction
                .preparedQuery(PRIORITY)
                .execute(Tuple.of(id, priority))
                .map(JobRows::first);
    }
}
