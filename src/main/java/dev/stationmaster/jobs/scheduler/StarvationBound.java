package dev.stationmaster.jobs.scheduler;

import java.time.Duration;

/**
 * How long a job waits at most, whatever comes after it: W = overdue + 2 R (1 + older + own), where overdue is the time
 * until age alone counts ({@link Rank#isOverdue}), R the longest runtime, older the jobs of others that were queued before
 * it and still wait when it is overdue, and own the jobs of its owner that start while it waits.
 *
 * <p>Why: once overdue, only older overdue jobs go before it, each once. It is overdue while nothing else of its owner
 * runs, so each job of its owner that starts instead delays it by R until it is gone. After each of them the room that it
 * needs comes free within R, because it is reserved. Holds for jobs that could start on the empty machines, within the
 * quotas of their owner and the nominal quota of their queue, while the queue is active and without a rate limit.
 *
 * @param longestRuntime no job holds its resources for longer, with the notice of a preemption
 */
public record StarvationBound(Snapshot.Rules rules, Duration longestRuntime) {
    public Duration of(int priority, long older, long own) {
        return Rank.timeToOverdue(priority, rules.agingStep()).plus(longestRuntime.multipliedBy(2 * (1 + older + own)));
    }
}
