package dev.stationmaster.jobs;

import dev.stationmaster.jobs.Attempt.StopReason;
import dev.stationmaster.jobs.JobTransitionStore.Change;
import dev.stationmaster.jobs.runner.Exit;
import dev.stationmaster.jobs.runner.GpuSets;
import dev.stationmaster.platform.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;

/** What an exit means for the job: the next state with its reason. Pure but for the clock and the retry's jitter. */
final class AttemptEnd {
    /** Longer than a server takes to say that it has fewer GPUs. */
    private static final Duration GPU_PAUSE = Duration.ofSeconds(5);

    private final RetryPolicy retries;
    private final int maxLost;
    private final Clock clock;

    /** @param maxLost how often a job may lose its machine before it is given up */
    AttemptEnd(RetryPolicy retries, int maxLost, Clock clock) {
        this.retries = retries;
        this.maxLost = maxLost;
        this.clock = clock;
    }

    static AttemptEnd of(JobsSettings settings, Clock clock) {
        return new AttemptEnd(
                new RetryPolicy(
                        settings.retryFirst(),
                        settings.retryMax(),
                        java.util.concurrent.ThreadLocalRandom.current()::nextDouble),
                settings.maxLostLeases(),
                clock);
    }

    Change of(Attempt attempt, Exit exit, boolean cancelling) {
        Job job = attempt.job;
        if (cancelling || attempt.stopReason == StopReason.CANCELLED) {
            return change(
                    job, JobState.CANCELLED, "cancelled_by_user", "Cancelled while it ran.", exit, false, "cancelled");
        }
        boolean byItself = exit.cause() == Exit.Cause.EXITED; // it was over before our signal came
        if (attempt.stopReason == StopReason.BUDGET_EXHAUSTED && !byItself) {
            return change(
                    job,
                    JobState.FAILED,
                    "budget_exhausted",
                    "Stopped because the budget is spent.",
                    exit,
                    false,
                    "failed");
        }
        if (attempt.stopReason == StopReason.SERVER_SHUTDOWN && !byItself) {
            return change(job, JobState.QUEUED, "server_shutdown", "Goes on from its checkpoint.", exit, false, "lost");
        }
        if (attempt.stopReason == StopReason.WORKER_LEAVES && !finished(attempt, exit)) {
            return change(
                    job,
                    JobState.QUEUED,
                    "worker_drained",
                    "Its worker gives it back; it goes on elsewhere from its checkpoint.",
                    exit,
                    false,
                    "lost");
        }
        if (attempt.preempting && !finished(attempt, exit)) {
            return change(
                    job,
                    JobState.QUEUED,
                    "preempted",
                    "Made room for a job of higher rank; goes on from its checkpoint.",
                    exit,
                    false,
                    "preempted");
        }
        return switch (exit.cause()) {
            case EXITED -> {
                Integer code = exit.code();
                yield code != null && code == 0
                        ? change(job, JobState.SUCCEEDED, null, null, exit, false, "succeeded")
                        : failed(attempt, "exit_nonzero", exit);
            }
            case TIMEOUT -> failed(attempt, "timeout", exit);
            case OUT_OF_MEMORY -> failed(attempt, "oom", exit);
            case STOPPED, RUNNER_ERROR -> failed(attempt, "executor_error", exit);
            case LOST -> lost(attempt, exit);
        };
    }

    /** A program that ends well and did not say that it only saves its state was done. */
    private static boolean finished(Attempt attempt, Exit exit) {
        Integer code = exit.code();
        return exit.cause() == Exit.Cause.EXITED && code != null && code == 0 && !attempt.preemptAcknowledged;
    }

    /** The attempt could not even start. */
    Change notStarted(Attempt attempt, String reason, String message) {
        if (GpuSets.IN_USE.equals(reason)) { // its GPUs were lost to a fault or to another meanwhile: not its failure
            Job job = attempt.job;
            return new Change(
                    job.id(),
                    job.lease(),
                    JobState.RETRY_WAIT,
                    reason,
                    message + " It waits for others.",
                    null,
                    clock.utc().plus(GPU_PAUSE),
                    false,
                    false,
                    "lost");
        }
        return failed(attempt, reason, new Exit(Exit.Cause.RUNNER_ERROR, null, message));
    }

    /** Not the job's fault, so no attempt is counted; but it must not go on for ever. */
    private Change lost(Attempt attempt, Exit exit) {
        Job job = attempt.job;
        boolean tooOften = job.lostLeases() + 1 > maxLost;
        JobState to = tooOften ? JobState.FAILED : JobState.QUEUED;
        String then = tooOften ? " That happened too often." : " It goes on from its checkpoint.";
        return Change.to(job.id(), job.lease(), to, "executor_lost", exit.message() + "." + then)
                .lost();
    }

    private static @org.jspecify.annotations.Nullable String noRetry(Attempt attempt, Exit exit) {
        if (!attempt.job.retries().allows(exit.code())) {
            return "It is not tried again: the exit code is not one of retry_on_exit_codes.";
        }
        return attempt.stopRetries == null
                ? null
                : "It is not tried again: a log line matches stop_retries_on: " + attempt.stopRetries;
    }

    private Change failed(Attempt attempt, String reason, Exit exit) {
        Job job = attempt.job;
        int failures = job.failures() + 1;
        if (failures >= job.maxAttempts()) {
            return change(job, JobState.FAILED, reason, exit.message(), exit, true, "failed");
        }
        String stop = noRetry(attempt, exit);
        if (stop != null) {
            return change(job, JobState.FAILED, reason, exit.message() + " " + stop, exit, true, "failed");
        }
        OffsetDateTime due = clock.utc().plus(retries.with(job.retries()).pause(failures));
        return new Change(
                job.id(),
                job.lease(),
                JobState.RETRY_WAIT,
                reason,
                exit.message() + " Next try: attempt " + (failures + 1) + " of " + job.maxAttempts() + ".",
                exit.code(),
                due,
                true,
                false,
                "failed");
    }

    private static Change change(
            Job job,
            JobState to,
            @org.jspecify.annotations.Nullable String reason,
            @org.jspecify.annotations.Nullable String message,
            Exit exit,
            boolean failure,
            String outcome) {
        return new Change(job.id(), job.lease(), to, reason, message, exit.code(), null, failure, false, outcome);
    }
}
