package dev.stationmaster.jobs;

import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** SQL of setting jobs aside and letting them go on. */
final class PauseStore {
    private static final String PAUSE = """
            WITH moved AS (
              UPDATE jobs SET
                state = CASE WHEN state IN ('running', 'preempting') THEN 'preempting' ELSE 'paused' END,
                pausing = state IN ('running', 'preempting'), reason = 'paused',
                message = CASE WHEN state IN ('running', 'preempting')
                  THEN 'It saves its state and ends, and then it is set aside; ' ELSE 'It is set aside; ' END
                  || $3 || ' asked for it. Resume it to go on.',
                preempt_deadline = CASE WHEN state = 'running' THEN $2::timestamptz + $4 * interval '1 millisecond'
                  ELSE preempt_deadline END,
                preempt_acknowledged = state = 'preempting' AND preempt_acknowledged, version = version + 1
              WHERE id = $1 AND NOT pausing
                AND state IN ('blocked', 'scheduled', 'queued', 'retry_wait', 'running', 'preempting')
              RETURNING *
            ), event AS (
              INSERT INTO job_events (job_id, at, kind, state, reason, message, attempt, agent_id)
              SELECT id, $2, 'state', state, reason, message, attempt, agent_id FROM moved
            )
            SELECT * FROM moved""";
    /** A dependency or a date may still be to come; the sweep finds the former. */
    private static final String RESUME = """
            WITH moved AS (
              UPDATE jobs SET pausing = false, version = version + 1,
                state = CASE WHEN state = 'preempting' THEN state
                  WHEN attempt = 0 AND depends_on <> '{}' THEN 'blocked'
                  WHEN attempt = 0 AND run_at > $2 THEN 'scheduled' ELSE 'queued' END,
                reason = CASE WHEN state = 'preempting' THEN 'preempted' END,
                message = CASE WHEN state = 'preempting' THEN 'It goes back to the queue as soon as it has ended.' END
              WHERE id = $1 AND (state = 'paused' OR (state = 'preempting' AND pausing)) RETURNING *
            ), event AS (
              INSERT INTO job_events (job_id, at, kind, state, reason, message, attempt, agent_id)
              SELECT id, $2, 'state', state, 'resumed', $3 || ' resumed it.', attempt, agent_id FROM moved
            )
            SELECT * FROM moved""";

    private final Clock clock;
    private final Duration notice;

    /** @param notice how long a program may take to save its state before SIGTERM */
    PauseStore(Clock clock, Duration notice) {
        this.clock = clock;
        this.notice = notice;
    }

    /** Empty when the job is in no state to be paused. */
    Future<Optional<Job>> pause(SqlConnection tx, UUID id, String actor) {
        return tx.preparedQuery(PAUSE)
                .execute(Tuple.of(id, clock.utc(), actor, notice.toMillis()))
                .map(JobRows::first);
    }

    /** Empty when the job is not paused, nor about to be. */
    Future<Optional<Job>> resume(SqlConnection tx, UUID id, String actor) {
        return tx.preparedQuery(RESUME)
                .execute(Tuple.of(id, clock.utc(), actor))
                .map(JobRows::first);
    }
}
