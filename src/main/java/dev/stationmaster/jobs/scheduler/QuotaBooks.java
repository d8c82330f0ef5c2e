package dev.stationmaster.jobs.scheduler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who uses how much while a decision is made: owners, queues, cohorts. Borrowing follows Kueue: a queue may use what its
 * own quota guarantees, and what the cohort has left of all that may be lent. Not thread-safe.
 */
final class QuotaBooks {
    private record InQueue(UUID owner, String queue) {}

    private final Map<String, QueueSpec> queues;
    private final Map<UUID, OwnerSpec> owners;
    private final Map<String, List<QueueSpec>> cohorts = new HashMap<>();
    private final Map<UUID, Amounts> byOwner = new HashMap<>();
    private final Map<InQueue, Amounts> byOwnerAndQueue = new HashMap<>();
    private final Map<String, Amounts> byQueue = new HashMap<>();
    /** What waiting jobs of a queue are to get next: counts as used when others ask. */
    private final Map<String, Amounts> kept = new HashMap<>();

    private final Map<UUID, Amounts> keptByOwner = new HashMap<>();
    private final Map<InQueue, Amounts> keptByOwnerAndQueue = new HashMap<>();
    /** 1 for each resource of a queue that a waiting job lacks; nobody behind it may take of that. */
    private final Map<String, Amounts> lacked = new HashMap<>();

    QuotaBooks(Snapshot snapshot) {
        this.queues = snapshot.queues();
        this.owners = snapshot.owners();
        for (QueueSpec queue : queues.values()) {
            if (queue.cohort() != null) {
                cohorts.computeIfAbsent(queue.cohort(), name -> new ArrayList<>())
                        .add(queue);
            }
        }
        snapshot.running().forEach(job -> add(job.lane(), job.held()));
    }

    void add(Lane.Key lane, Amounts held) {
        byOwner.merge(lane.owner(), held, Amounts::plus);
        byQueue.merge(lane.queue(), held, Amounts::plus);
        byOwnerAndQueue.merge(new InQueue(lane.owner(), lane.queue()), held, Amounts::plus);
    }

    void remove(Lane.Key lane, Amounts held) {
        byOwner.computeIfPresent(lane.owner(), (owner, used) -> used.minus(held));
        byQueue.computeIfPresent(lane.queue(), (queue, used) -> used.minus(held));
        byOwnerAndQueue.computeIfPresent(new InQueue(lane.owner(), lane.queue()), (key, used) -> used.minus(held));
    }

    Amounts usedByOwner(UUID owner) {
        return byOwner.getOrDefault(owner, Amounts.NONE);
    }

    Amounts usedByQueue(String queue) {
        return byQueue.getOrDefault(queue, Amounts.NONE);
    }

    /** Why the owner's own quota keeps {@code need} from starting; null when it does not. */
    Decision.@Nullable Block ownerBlock(Lane.Key lane, Amounts need) {
        OwnerSpec owner = owner(lane);
        String excess = need.excess(owner.quota()
                .minus(usedByOwner(lane.owner()))
                .minus(keptByOwner.getOrDefault(lane.owner(), Amounts.NONE)));
        if (!excess.isEmpty()) {
            return new Decision.Block(
                    Decision.Reason.WAITING_FOR_QUOTA, "Your running jobs use your quota of " + excess + " up.");
        }
        var there = new InQueue(lane.owner(), lane.queue());
        String inQueue = need.excess(owner.quotaIn(lane.queue())
                .minus(byOwnerAndQueue.getOrDefault(there, Amounts.NONE))
                .minus(keptByOwnerAndQueue.getOrDefault(there, Amounts.NONE)));
        return inQueue.isEmpty()
                ? null
                : new Decision.Block(
                        Decision.Reason.WAITING_FOR_QUOTA,
                        "Your running jobs use your quota of " + inQueue + " in the queue " + lane.queue() + " up.");
    }

    /** Why the queue's quota keeps {@code need} from starting; null when it does not. */
    Decision.@Nullable Block queueBlock(Lane.Key lane, Amounts need) {
        QueueSpec queue = queue(lane);
        String excess = need.excess(available(queue));
        if (!excess.isEmpty()) {
            return new Decision.Block(
                    Decision.Reason.WAITING_FOR_QUEUE_QUOTA,
                    "The queue " + queue.name() + " has no " + excess + " left"
                            + (queue.cohort() == null ? "." : ", nor has its cohort to lend."));
        }
        Amounts free = lacked.getOrDefault(queue.name(), Amounts.NONE)
                .with(Amounts.NONE, (lacks, none) -> lacks > 0 ? 0 : Amounts.UNLIMITED);
        String wanted = need.excess(free);
        return wanted.isEmpty()
                ? null
                : new Decision.Block(
                        Decision.Reason.RESERVED_FOR,
                        "What comes free of the queue's " + wanted + " is reserved for a job that comes first.");
    }

    /**
     * Keeps quota for a job that waits. Its owner's counts as used. Of the queue's, what it lacks is not given to others
     * of the queue, and what it needs of the queue's own is not lent. A job that asks for more than the queue's own only
     * ever borrows; nothing is kept for it until all of it is there, or others were asked to leave for it.
     */
    void keep(Lane.Key lane, Amounts need, boolean othersLeave) {
        QueueSpec queue = queue(lane);
        Amounts lacking = need.lacking(available(queue));
        boolean ready = lacking.equals(Amounts.NONE);
        if (!ready && !othersLeave && !need.excess(queue.nominal()).isEmpty()) {
            return;
        }
        keptByOwner.merge(lane.owner(), need, Amounts::plus);
        keptByOwnerAndQueue.merge(new InQueue(lane.owner(), lane.queue()), need, Amounts::plus);
        lacked.merge(queue.name(), lacking, (a, b) -> a.with(b, Math::max));
        if (ready || othersLeave) {
            kept.merge(queue.name(), need, Amounts::plus);
        } else {
            Amounts own = queue.nominal().minus(taken(queue)).with(Amounts.NONE, Math::max);
            kept.merge(queue.name(), need.with(own, Math::min), Amounts::plus);
        }
    }

    /** Whether the queue would use more than its own by right of what is needed. */
    boolean wouldBorrow(Lane.Key lane, Amounts need) {
        QueueSpec queue = queue(lane);
        return !need.excess(queue.nominal().minus(usedByQueue(queue.name()))).isEmpty();
    }

    /** Whether the queue uses more than its own now of something that is {@code held}. */
    boolean borrows(String queue, Amounts held) {
        QueueSpec spec = queues.get(queue);
        Amounts over = spec == null ? Amounts.NONE : usedByQueue(queue).lacking(spec.nominal());
        return !over.with(held, Math::min).equals(Amounts.NONE);
    }

    /** What is used and kept. */
    private Amounts taken(QueueSpec queue) {
        return usedByQueue(queue.name()).plus(kept.getOrDefault(queue.name(), Amounts.NONE));
    }

    private Amounts available(QueueSpec queue) {
        Amounts used = taken(queue);
        List<QueueSpec> cohort = queue.cohort() == null ? null : cohorts.get(queue.cohort());
        if (cohort == null) {
            return queue.nominal().minus(used);
        }
        Amounts left = Amounts.NONE;
        for (QueueSpec member : cohort) {
            left = left.plus(member.nominal().minus(guaranteed(member))).minus(fromCohort(member));
        }
        Amounts mine = fromCohort(queue);
        Amounts most =
                queue.nominal().minus(guaranteed(queue)).plus(queue.borrowing()).minus(mine);
        Amounts own = guaranteed(queue).minus(used).with(Amounts.NONE, Math::max);
        Amounts shared = left.with(most, Math::min).with(Amounts.NONE, Math::max); // what is guaranteed stays so
        // a resource that the queue has no limit of is not shared with anybody
        return own.plus(shared).with(queue.nominal(), (a, nominal) -> nominal == Amounts.UNLIMITED ? nominal : a);
    }

    /** What is never lent. */
    private static Amounts guaranteed(QueueSpec queue) {
        return queue.nominal()
                .with(
                        queue.lending(),
                        (nominal, lending) -> nominal == Amounts.UNLIMITED || lending == Amounts.UNLIMITED
                                ? 0
                                : Math.max(0, nominal - lending));
    }

    /** What a queue uses of that which the cohort shares. */
    private Amounts fromCohort(QueueSpec queue) {
        return taken(queue)
                .with(guaranteed(queue), (used, mine) -> Math.max(0, used - mine))
                .with(queue.nominal(), (used, nominal) -> nominal == Amounts.UNLIMITED ? 0 : used);
    }

    QueueSpec queue(Lane.Key lane) {
        QueueSpec queue = queues.get(lane.queue());
        return queue == null ? QueueSpec.open(lane.queue()) : queue;
    }

    OwnerSpec owner(Lane.Key lane) {
        OwnerSpec owner = owners.get(lane.owner());
        return owner == null ? new OwnerSpec(lane.owner(), 1, Amounts.NO_LIMIT, Map.of(), 0) : owner;
    }
}
