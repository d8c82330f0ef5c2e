package dev.stationmaster.jobs.scheduler;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * The place of a waiting job in the order; the smaller goes first. While a decision is made, ranks only get worse.
 *
 * @param overdue it waited so long that age alone counts, see {@link #isOverdue}
 * @param effectivePriority priority, raised by one for each aging step waited, 10 at most
 * @param borrows it would use what belongs to another queue
 * @param share the more of what its owner uses and what they used lately, by weight. Not the sum: who has few jobs at once
 *     mostly has none when it is decided about the next, and would get more than their share
 */
record Rank(boolean overdue, int effectivePriority, boolean borrows, double share, Instant queuedAt, UUID id)
        implements Comparable<Rank> {
    static final int HIGHEST = 10;

    static int effectivePriority(int priority, Duration waited, Duration agingStep) {
        long steps = Math.max(0, waited.toMillis()) / Math.max(1, agingStep.toMillis());
        return (int) Math.min(HIGHEST, priority + steps);
    }

    /**
     * One step after it reached the highest priority a job goes before all others, if nothing else of its owner runs:
     * fair shares alone could keep it waiting for ever behind owners who always use less. One job an owner, so that
     * somebody with thousands of old jobs gains no more than that.
     */
    static boolean isOverdue(int priority, Duration waited, Duration agingStep, boolean ownerHasNothing) {
        return ownerHasNothing && waited.compareTo(timeToOverdue(priority, agingStep)) >= 0;
    }

    static Duration timeToOverdue(int priority, Duration agingStep) {
        return agingStep.multipliedBy(HIGHEST - priority + 1L);
    }

    @Override
    public int compareTo(Rank other) {
        int order = Boolean.compare(other.overdue, overdue);
        if (order == 0 && !overdue) {
            order = Integer.compare(other.effectivePriority, effectivePriority);
            order = order != 0 ? order : Boolean.compare(borrows, other.borrows);
            order = order != 0 ? order : Double.compare(share, other.share);
        }
        order = order != 0 ? order : queuedAt.compareTo(other.queuedAt);
        return order != 0 ? order : id.compareTo(other.id);
    }
}
