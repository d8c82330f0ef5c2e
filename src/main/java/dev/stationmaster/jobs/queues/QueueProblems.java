package dev.stationmaster.jobs.queues;

import dev.stationmaster.jobs.scheduler.Amounts;
import java.util.Optional;

/** What makes no sense in the settings of a queue. Pure. */
final class QueueProblems {
    private QueueProblems() {}

    static Optional<String> of(JobQueueConfig queue) {
        if (queue.cohort() == null && !queue.borrowing().equals(Amounts.NO_LIMIT)) {
            return Optional.of(
                    "A queue without a cohort has nobody to borrow from; name a cohort or leave borrowing_limit out.");
        }
        if (queue.cohort() == null && !queue.lending().equals(Amounts.NO_LIMIT)) {
            return Optional.of(
                    "A queue without a cohort has nobody to lend to; name a cohort or leave lending_limit out.");
        }
        if (queue.cohort() != null && queue.nominal().equals(Amounts.NO_LIMIT)) {
            return Optional.of("A queue of a cohort needs a nominal_quota: without one there is nothing to share.");
        }
        if (hasLimitWithoutNominal(queue.borrowing(), queue.nominal())
                || hasLimitWithoutNominal(queue.lending(), queue.nominal())) {
            return Optional.of("borrowing_limit and lending_limit may name only resources of nominal_quota.");
        }
        return Optional.empty();
    }

    private static boolean hasLimitWithoutNominal(Amounts limit, Amounts nominal) {
        Amounts bad = limit.with(nominal, (l, n) -> l != Amounts.UNLIMITED && n == Amounts.UNLIMITED ? 1 : 0);
        return !bad.equals(Amounts.NONE);
    }
}
