package dev.stationmaster.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.Attempt.StopReason;
import dev.stationmaster.jobs.runner.Exit;
import dev.stationmaster.jobs.runner.Exit.Cause;
import dev.stationmaster.testing.ManualClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class AttemptEndTest {
    private final ManualClock clock = new ManualClock();
    private final AttemptEnd ends =
            new AttemptEnd(new RetryPolicy(Duration.ofSeconds(5), Duration.ofMinutes(10), () -> 0.5), 3, clock);

    private static Attempt attempt(int failures, int maxAttempts) {
        return new Attempt(JobSamples.job()
                .state(JobState.RUNNING)
                .failures(failures, maxAttempts)
                .build());
    }

    @ParameterizedTest
    @CsvSource({
        "EXITED, 0, SUCCEEDED, , succeeded, false",
        "EXITED, 1, FAILED, exit_nonzero, failed, true",
        "EXITED, 137, FAILED, exit_nonzero, failed, true",
        "EXITED, , FAILED, exit_nonzero, failed, true",
        "TIMEOUT, 143, FAILED, timeout, failed, true",
        "OUT_OF_MEMORY, 137, FAILED, oom, failed, true",
        "RUNNER_ERROR, , FAILED, executor_error, failed, true",
        "STOPPED, 143, FAILED, executor_error, failed, true"
    })
    void the_last_attempt_ends_the_job(
            Cause cause, Integer code, JobState to, String reason, String outcome, boolean failure) {
        var change = ends.of(attempt(0, 1), new Exit(cause, code, "It ended."), false);
        assertThat(change.to()).isEqualTo(to);
        assertThat(change.reason()).isEqualTo(reason);
        assertThat(change.outcome()).isEqualTo(outcome);
        assertThat(change.failure()).isEqualTo(failure);
        assertThat(change.exitCode()).isEqualTo(code);
        assertThat(change.runAt()).isNull();
    }

    @Test
    void a_lost_machine_counts_for_nothing_until_it_happens_too_often() {
        var lost = new Exit(Cause.LOST, null, "its machine is gone");
        var change = ends.of(attempt(0, 1), lost, false);
        assertThat(change.to()).isEqualTo(JobState.QUEUED);
        assertThat(change.reason()).isEqualTo("executor_lost");
        assertThat(change.failure()).isFalse();
        assertThat(change.lostLease()).isTrue();
        var impatient =
                new AttemptEnd(new RetryPolicy(Duration.ofSeconds(5), Duration.ofMinutes(10), () -> 0.5), 0, clock);
        assertThat(impatient.of(attempt(0, 1), lost, false).to()).isEqualTo(JobState.FAILED);
    }

    @ParameterizedTest
    @EnumSource(
            value = Cause.class,
            names = {"TIMEOUT", "OUT_OF_MEMORY", "RUNNER_ERROR", "STOPPED"})
    void a_failure_with_attempts_left_waits_for_its_next_try(Cause cause) {
        var change = ends.of(attempt(1, 3), new Exit(cause, 1, "It ended."), false);
        assertThat(change.to()).isEqualTo(JobState.RETRY_WAIT);
        assertThat(change.runAt()).isEqualTo(clock.utc().plusSeconds(10));
        assertThat(change.failure()).isTrue();
        assertThat(change.message()).isEqualTo("It ended. Next try: attempt 3 of 3.");
    }

    @Test
    void the_last_allowed_failure_is_final() {
        var change = ends.of(attempt(2, 3), new Exit(Cause.EXITED, 1, "It ended."), false);
        assertThat(change.to()).isEqualTo(JobState.FAILED);
    }

    @Test
    void an_attempt_that_could_not_start_counts_as_failed() {
        assertThat(ends.notStarted(attempt(0, 1), "setup_failed", "No such file.")
                        .reason())
                .isEqualTo("setup_failed");
        assertThat(ends.notStarted(attempt(0, 2), "setup_failed", "No such file.")
                        .to())
                .isEqualTo(JobState.RETRY_WAIT);
    }

    @Test
    void gpus_that_were_lost_meanwhile_are_waited_for_and_no_failure() {
        var change = ends.notStarted(attempt(0, 1), "gpus_in_use", "It asks for 1 GPU, and 0 are free on this runner.");
        assertThat(change.to()).isEqualTo(JobState.RETRY_WAIT);
        assertThat(change.failure()).isFalse();
        assertThat(change.runAt()).isNotNull();
        assertThat(change.message()).endsWith("It waits for others.");
    }

    @ParameterizedTest
    @CsvSource({
        "CANCELLED, CANCELLED, cancelled_by_user, cancelled",
        "BUDGET_EXHAUSTED, FAILED, budget_exhausted, failed",
        "SERVER_SHUTDOWN, QUEUED, server_shutdown, lost"
    })
    void why_we_stopped_it_decides_and_is_no_failure(StopReason why, JobState to, String reason, String outcome) {
        var attempt = attempt(0, 3);
        attempt.stopReason = why;
        var change = ends.of(attempt, new Exit(Cause.STOPPED, 143, "Stopped."), false);
        assertThat(change.to()).isEqualTo(to);
        assertThat(change.reason()).isEqualTo(reason);
        assertThat(change.outcome()).isEqualTo(outcome);
        assertThat(change.failure()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(
            value = StopReason.class,
            names = {"BUDGET_EXHAUSTED", "SERVER_SHUTDOWN"})
    void a_program_that_had_ended_before_we_stopped_it_keeps_its_own_end(StopReason why) {
        var attempt = attempt(0, 1);
        attempt.stopReason = why;
        assertThat(ends.of(attempt, new Exit(Cause.EXITED, 0, "Done."), false).to())
                .isEqualTo(JobState.SUCCEEDED);
        assertThat(ends.of(attempt, new Exit(Cause.EXITED, 3, "Broke."), false).reason())
                .isEqualTo("exit_nonzero");
    }

    @Test
    void a_row_that_is_cancelling_ends_cancelled_whatever_the_exit_was() {
        var change = ends.of(attempt(0, 3), new Exit(Cause.EXITED, 0, "Done."), true);
        assertThat(change.to()).isEqualTo(JobState.CANCELLED);
    }

    @Test
    void every_end_is_an_allowed_move_from_running() {
        for (Cause cause : Cause.values()) {
            for (int max = 1; max <= 2; max++) {
                var change = ends.of(attempt(0, max), new Exit(cause, 1, "x"), false);
                assertThat(JobState.RUNNING.mayBecome(change.to())).isTrue();
            }
        }
    }
}
