package dev.stationmaster.jobs;

import dev.stationmaster.accounts.AccountMessages.QuotaFound;
import dev.stationmaster.jobs.runner.Resources;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * Decides which of the first jobs of a runner may start. Pure: state in, decision out.
 *
 * <p>Jobs are taken in the order given. A job whose owner has no quota or budget left is parked and does not hold up
 * others. The first job that does not fit into what is free on the runner ends the round: nothing behind it may pass, so
 * that large jobs are not starved by small ones.
 */
final class Admission {
    /**
     * What to do with the candidates.
     *
     * @param admit start these
     * @param overQuota parked: the owner's running jobs use the quota up
     * @param overBudget parked: the money is spent
     * @param tooLarge parked: more than the whole runner has; it was submitted when the runner was larger
     * @param noRoom wait in place: the runner is full
     */
    record Decision(List<Job> admit, List<Job> overQuota, List<Job> overBudget, List<Job> tooLarge, List<Job> noRoom) {}

    /** What a runner has in all, what of it is free, and how many more jobs may start. */
    record Room(Resources capacity, Resources free, int slots) {}

    private Admission() {}

    static Decision decide(
            List<Job> candidates,
            Room runner,
            Map<UUID, Resources> usedByOwner,
            Map<UUID, QuotaFound> quotas,
            Predicate<Job> budgetExhausted) {
        var decision = new Decision(
                new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        Map<UUID, Resources> used = new HashMap<>(usedByOwner);
        Resources room = runner.free();
        boolean full = false;
        for (Job job : candidates) {
            Resources mine = used.getOrDefault(job.ownerId(), Resources.NONE);
            if (!job.resources().fitsIn(runner.capacity())) {
                decision.tooLarge().add(job);
            } else if (full) {
                decision.noRoom().add(job);
            } else if (budgetExhausted.test(job)) {
                decision.overBudget().add(job);
            } else if (!mine.plus(job.resources()).fitsIn(limits(quotas, job.ownerId()))) {
                decision.overQuota().add(job);
            } else if (decision.admit().size() >= runner.slots()
                    || !job.resources().fitsIn(room)) {
                full = true;
                decision.noRoom().add(job);
            } else {
                decision.admit().add(job);
                used.put(job.ownerId(), mine.plus(job.resources()));
                room = room.minus(job.resources());
            }
        }
        return decision;
    }

    private static Resources limits(Map<UUID, QuotaFound> quotas, UUID owner) {
        QuotaFound q = quotas.get(owner);
        return q == null ? Resources.NONE : new Resources(q.cpuMillis(), q.memoryBytes(), q.gpus(), q.storageBytes());
    }

    static Set<UUID> owners(List<Job> jobs) {
        return Set.copyOf(jobs.stream().map(Job::ownerId).toList());
    }
}
