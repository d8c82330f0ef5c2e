package dev.stationmaster.jobs.scheduler;

import org.jspecify.annotations.Nullable;

/**
 * The rules of one queue.
 *
 * @param cohort queues of one cohort borrow from each other; null: it borrows from nobody
 * @param weight multiplies what its owners may fairly use, above 0
 * @param nominal what it may use by right
 * @param borrowing how much more than that it may borrow
 * @param lending how much of its nominal quota others may borrow while it is unused
 * @param startsLeft how many jobs its rate limit lets start now
 */
public record QueueSpec(
        String name,
        @Nullable String cohort,
        double weight,
        Policy policy,
        State state,
        Amounts nominal,
        Amounts borrowing,
        Amounts lending,
        long startsLeft) {

    /** What happens behind a job that can't start. */
    public enum Policy {
        /** Nothing of the queue overtakes its first job. */
        STRICT_FIFO,
        /** What fits may overtake. */
        BEST_EFFORT_FIFO
    }

    /** Whether jobs of the queue start. */
    public enum State {
        ACTIVE,
        /** Jobs are taken in, none starts. */
        HOLD,
        /** No job is taken in; those that wait start. */
        DRAIN
    }

    /** The same after {@code n} more jobs of it have started. */
    QueueSpec afterStarts(long n) {
        long left = startsLeft == Long.MAX_VALUE ? startsLeft : Math.max(0, startsLeft - n);
        return new QueueSpec(name, cohort, weight, policy, state, nominal, borrowing, lending, left);
    }

    /** A queue that limits nothing. */
    public static QueueSpec open(String name) {
        return new QueueSpec(
                name,
                null,
                1,
                Policy.BEST_EFFORT_FIFO,
                State.ACTIVE,
                Amounts.NO_LIMIT,
                Amounts.NONE,
                Amounts.NO_LIMIT,
                Long.MAX_VALUE);
    }
}
