package dev.stationmaster.jobs.scheduler;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Chooses the running jobs that make room for a waiting one: lowest priority first, latest start first, and then no more
 * of them than needed.
 *
 * <p>Two jobs can't preempt each other in turn: a victim has a lower priority as submitted (age does not count), or its
 * queue uses what belongs to the other's queue, which in turn stays within its own. A queue that has a quota is safe from
 * the priorities of others while it keeps to it. And only those may be asked who started before the waiting job was
 * queued: who started since was before it by age or share, and would be so again after leaving, without end.
 */
final class Victims {
    private final QuotaBooks quotas;
    private final RoomBooks room;
    private final List<Running> candidates;
    private final Set<UUID> beneficiaries = new HashSet<>();
    private final Set<UUID> taken = new HashSet<>();

    Victims(Snapshot snapshot, QuotaBooks quotas, RoomBooks room) {
        this.quotas = quotas;
        this.room = room;
        this.candidates = snapshot.running().stream()
                .filter(job -> job.preemptible() && job.preemptedFor() == null && ranLongEnough(job, snapshot.now()))
                .sorted(Comparator.comparingInt((Running job) -> job.lane().priority())
                        .thenComparing(Running::startedAt, Comparator.reverseOrder())
                        .thenComparing(Running::id))
                .toList();
        for (Running job : snapshot.running()) {
            if (job.preemptedFor() != null) {
                beneficiaries.add(job.preemptedFor());
            }
        }
    }

    private static boolean ranLongEnough(Running job, Instant now) {
        return !now.isBefore(job.startedAt().plus(job.minRuntime()));
    }

    /** Empty when no choice makes enough room. The books are as before. */
    List<Running> choose(Lane.Key lane, Lane.Head head) {
        UUID forJob = head.id();
        boolean withinOwn = !quotas.wouldBorrow(lane, lane.need(lane.minReplicas()));
        List<Running> chosen = new ArrayList<>();
        for (Running job : candidates) {
            if (!taken.contains(job.id())
                    && job.startedAt().isBefore(head.queuedAt())
                    && mayPreempt(lane, withinOwn, job)) {
                release(job);
                chosen.add(job);
            }
        }
        boolean enough = !chosen.isEmpty() && fits(lane, forJob);
        if (enough) {
            spareTheUnneeded(chosen, lane, forJob);
        }
        chosen.forEach(this::takeBack);
        if (!enough) {
            return List.of();
        }
        chosen.forEach(job -> taken.add(job.id()));
        return chosen;
    }

    private boolean mayPreempt(Lane.Key lane, boolean withinOwn, Running job) {
        String queue = job.lane().queue();
        boolean same = queue.equals(lane.queue());
        boolean borrows = !same && quotas.borrows(queue, job.held());
        boolean lower = job.lane().priority() < lane.priority();
        boolean reclaims = borrows && withinOwn && sameCohort(lane, job.lane());
        return reclaims || (lower && (same || borrows || hasNoQuota(job.lane())));
    }

    private boolean sameCohort(Lane.Key a, Lane.Key b) {
        String cohort = quotas.queue(a).cohort();
        return cohort != null && cohort.equals(quotas.queue(b).cohort());
    }

    private boolean hasNoQuota(Lane.Key lane) {
        return quotas.queue(lane).nominal().equals(Amounts.NO_LIMIT);
    }

    private void spareTheUnneeded(List<Running> chosen, Lane.Key lane, UUID forJob) {
        for (int i = chosen.size() - 1; i >= 0; i--) { // the most valuable were added last
            Running job = chosen.get(i);
            takeBack(job);
            if (fits(lane, forJob)) {
                chosen.remove(i);
            } else {
                release(job);
            }
        }
    }

    private boolean fits(Lane.Key lane, UUID forJob) {
        return quotas.queueBlock(lane, lane.need(lane.minReplicas())) == null
                && quotas.ownerBlock(lane, lane.need(lane.minReplicas())) == null
                && !room.place(lane, forJob).isEmpty();
    }

    private void release(Running job) {
        room.release(job);
        quotas.remove(job.lane(), job.held());
    }

    private void takeBack(Running job) {
        room.takeBack(job);
        quotas.add(job.lane(), job.held());
    }

    /** Whether jobs already make room for this one. */
    boolean underway(UUID forJob) {
        return beneficiaries.contains(forJob);
    }
}
