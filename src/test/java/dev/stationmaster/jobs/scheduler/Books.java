package dev.stationmaster.jobs.scheduler;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.ToLongFunction;

/**
 * The rules of quotas and room once more, in the plainest way: sums over lists. What the scheduler decides is judged by
 * it, so it shares no code with it.
 */
final class Books {
    private static final List<ToLongFunction<Amounts>> FIELDS =
            List.of(Amounts::cpuMillis, Amounts::memoryBytes, Amounts::gpus, Amounts::storageBytes, Amounts::jobs);

    private final Snapshot snapshot;
    private final Map<UUID, Running> holding = new LinkedHashMap<>();
    private final Map<String, Amounts> free = new HashMap<>();

    Books(Snapshot snapshot) {
        this.snapshot = snapshot;
        snapshot.running().forEach(job -> holding.put(job.id(), job));
        snapshot.nodes().forEach(node -> free.put(place(node), node.free()));
    }

    private static String place(Node node) {
        return node.worker() + '/' + node.runner();
    }

    void start(Decision.Start start) {
        var job = new Running(
                start.id(), start.lane(), start.onWorker(), snapshot.now(), false, java.time.Duration.ZERO, null);
        holding.put(start.id(), job);
        move(job, -1);
    }

    void leave(UUID id) {
        move(holding.remove(id), 1);
    }

    void comeBack(Running job) {
        holding.put(job.id(), job);
        move(job, -1);
    }

    Running holding(UUID id) {
        return holding.get(id);
    }

    private void move(Running job, int sign) {
        for (Node node : snapshot.nodes()) {
            int n = job.onWorker().getOrDefault(node.worker(), 0);
            boolean own = node.runner().equals(job.lane().runner());
            Amounts all = own ? job.lane().each().times(n) : Amounts.NONE;
            free.merge(place(node), all.plus(new Amounts(0, 0, 0, 0, n)).times(sign), Amounts::plus);
        }
    }

    /** Whether no server has less than nothing of what this job takes there. */
    boolean roomKept(Decision.Start start) {
        return snapshot.nodes().stream()
                .filter(node -> start.onWorker().containsKey(node.worker()))
                .filter(node -> node.runner().equals(start.lane().runner()))
                .allMatch(node -> {
                    Amounts left = free.getOrDefault(place(node), Amounts.NONE);
                    Amounts each = start.lane().each();
                    return FIELDS.subList(0, 4).stream()
                                    .allMatch(f -> f.applyAsLong(each) == 0 || f.applyAsLong(left) >= 0)
                            && left.jobs() >= 0;
                });
    }

    boolean roomFor(Lane.Key lane) {
        long all = 0;
        long most = 0;
        for (Node node : snapshot.nodes()) {
            if (node.runner().equals(lane.runner())) {
                long n = replicas(lane, free.getOrDefault(place(node), Amounts.NONE));
                all += n;
                most = Math.max(most, n);
            }
        }
        return (snapshot.rules().spread() ? all : most) >= lane.minReplicas();
    }

    private static long replicas(Lane.Key lane, Amounts room) {
        long n = 0;
        Amounts need = new Amounts(
                lane.resources().cpuMillis(),
                lane.resources().memoryBytes(),
                lane.resources().gpus(),
                lane.resources().storageBytes(),
                1);
        while (n < lane.replicas() && asksWithin(need.times(n + 1), room)) {
            n++;
        }
        return n;
    }

    private static boolean asksWithin(Amounts need, Amounts limit) {
        return FIELDS.stream().allMatch(f -> f.applyAsLong(need) == 0 || f.applyAsLong(need) <= f.applyAsLong(limit));
    }

    private Amounts used(java.util.function.Predicate<Lane.Key> whose) {
        return holding.values().stream()
                .filter(job -> whose.test(job.lane()))
                .map(Running::held)
                .reduce(Amounts.NONE, Amounts::plus);
    }

    /** Whether {@code more} stays within what the owner may use; {@link Amounts#NONE} asks nothing. */
    boolean ownerHas(Lane.Key lane, Amounts more) {
        OwnerSpec owner = snapshot.owners().get(lane.owner());
        Amounts all = used(l -> l.owner().equals(lane.owner())).plus(more);
        Amounts here = used(l -> l.owner().equals(lane.owner()) && l.queue().equals(lane.queue()))
                .plus(more);
        Amounts inQueue = owner.quotaByQueue().getOrDefault(lane.queue(), Amounts.NO_LIMIT);
        return within(lane, all, owner.quota()) && within(lane, here, inQueue);
    }

    /** Whether {@code more} stays within the queue's own and what its cohort has to lend. */
    boolean queueHas(Lane.Key lane, Amounts more) {
        QueueSpec queue = snapshot.queues().get(lane.queue());
        return FIELDS.stream()
                .filter(f -> f.applyAsLong(lane.need(1)) > 0)
                .allMatch(f -> queueHas(queue, f, f.applyAsLong(more)));
    }

    private boolean queueHas(QueueSpec queue, ToLongFunction<Amounts> f, long more) {
        long nominal = f.applyAsLong(queue.nominal());
        long used = f.applyAsLong(used(l -> l.queue().equals(queue.name()))) + more;
        if (nominal == Amounts.UNLIMITED || used <= guaranteed(queue, f)) {
            return true;
        }
        if (queue.cohort() == null) {
            return used <= nominal;
        }
        long most = f.applyAsLong(queue.borrowing());
        if (most != Amounts.UNLIMITED && used > nominal + most) {
            return false;
        }
        long lent = 0;
        long shared = 0;
        for (QueueSpec member : snapshot.queues().values()) {
            if (queue.cohort().equals(member.cohort())) {
                long own = f.applyAsLong(member.nominal());
                if (own == Amounts.UNLIMITED) {
                    return true; // a member without a limit lends without one
                }
                long uses = f.applyAsLong(used(l -> l.queue().equals(member.name())))
                        + (member.name().equals(queue.name()) ? more : 0);
                shared += own - guaranteed(member, f);
                lent += Math.max(0, uses - guaranteed(member, f));
            }
        }
        return lent <= shared;
    }

    private static long guaranteed(QueueSpec queue, ToLongFunction<Amounts> f) {
        long lending = f.applyAsLong(queue.lending());
        return lending == Amounts.UNLIMITED ? 0 : Math.max(0, f.applyAsLong(queue.nominal()) - lending);
    }

    private static boolean within(Lane.Key lane, Amounts used, Amounts limit) {
        return FIELDS.stream()
                .allMatch(f -> f.applyAsLong(lane.need(1)) == 0 || f.applyAsLong(used) <= f.applyAsLong(limit));
    }

    /** Whether everything but order, state and rate lets a job of the lane start. */
    boolean fits(Lane.Key lane) {
        Amounts need = lane.need(lane.minReplicas());
        return roomFor(lane) && ownerHas(lane, need) && queueHas(lane, need);
    }

    /** Whether the queue uses more than its own of something. */
    boolean borrows(String name) {
        Amounts nominal = snapshot.queues().get(name).nominal();
        return !used(l -> l.queue().equals(name)).fitsIn(nominal);
    }
}
