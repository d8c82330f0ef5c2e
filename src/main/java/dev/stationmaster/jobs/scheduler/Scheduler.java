package dev.stationmaster.jobs.scheduler;

import dev.stationmaster.jobs.scheduler.Decision.Block;
import dev.stationmaster.jobs.scheduler.Decision.Preemption;
import dev.stationmaster.jobs.scheduler.Decision.Reason;
import dev.stationmaster.jobs.scheduler.Decision.Start;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The decision. Looks at the first waiting job of every lane in the order of {@link Rank} and starts what fits quotas and
 * room; keeps room for what waited too long; asks for preemptions. Cost: lanes and starts, times the logarithm of lanes.
 * One use; not thread-safe.
 */
public final class Scheduler {
    /** Looking for victims costs the number of running jobs each time. */
    private static final int MAX_PREEMPTION_TRIES = 32;

    /** A lane with its rank when it was put into the line, and how many of its heads have started. */
    private record Entry(Lane lane, Rank rank, int next) {}

    private final Snapshot snapshot;
    private final QuotaBooks quotas;
    private final RoomBooks room;
    private final Victims victims;
    private final PriorityQueue<Entry> line =
            new PriorityQueue<>((a, b) -> a.rank().compareTo(b.rank()));
    private final Map<String, Long> startsByQueue = new HashMap<>();
    private final Set<String> closedQueues = new HashSet<>();
    private final List<Start> starts = new ArrayList<>();
    private final List<Preemption> preemptions = new ArrayList<>();
    private final Map<Lane.Key, Block> blocked = new HashMap<>();
    private int preemptionTries;
    private boolean more;

    private Scheduler(Snapshot snapshot) {
        this.snapshot = snapshot;
        this.quotas = new QuotaBooks(snapshot);
        this.room = new RoomBooks(snapshot);
        this.victims = new Victims(snapshot, quotas, room);
    }

    /** Pure: the same snapshot gives the same decision. */
    public static Decision decide(Snapshot snapshot) {
        return new Scheduler(snapshot).run();
    }

    private Decision run() {
        for (Lane lane : snapshot.lanes()) {
            if (!lane.heads().isEmpty()) {
                enter(lane, 0);
            }
        }
        for (Entry entry = line.poll(); entry != null; entry = line.poll()) {
            Rank now = rank(entry.lane(), entry.next());
            if (now.compareTo(entry.rank()) > 0) { // its owner got something meanwhile
                line.add(new Entry(entry.lane(), now, entry.next()));
            } else if (starts.size() >= snapshot.rules().maxStarts()) {
                more = true;
                break;
            } else {
                look(entry);
            }
        }
        return new Decision(starts, preemptions, blocked, more);
    }

    private void enter(Lane lane, int next) {
        if (next < lane.heads().size()) {
            line.add(new Entry(lane, rank(lane, next), next));
        } else if (lane.length() > next) {
            more = true;
        }
    }

    private Rank rank(Lane lane, int next) {
        Lane.Key key = lane.key();
        Lane.Head head = lane.heads().get(next);
        Duration waited = Duration.between(head.queuedAt(), snapshot.now());
        Duration step = snapshot.rules().agingStep();
        Amounts used = quotas.usedByOwner(key.owner());
        OwnerSpec owner = quotas.owner(key);
        double share = Math.max(used.dominantShare(room.total()), owner.recentShare())
                / (owner.weight() * quotas.queue(key).weight());
        return new Rank(
                Rank.isOverdue(key.priority(), waited, step, used.jobs() == 0),
                Rank.effectivePriority(key.priority(), waited, step),
                quotas.wouldBorrow(key, key.need(key.minReplicas())),
                share,
                head.queuedAt(),
                head.id());
    }

    private void look(Entry entry) {
        Lane lane = entry.lane();
        UUID head = lane.heads().get(entry.next()).id();
        Block block = outside(lane);
        if (block == null) {
            block = quotas.ownerBlock(lane.key(), lane.key().need(lane.key().minReplicas()));
        }
        if (block != null) {
            blocked.put(lane.key(), block);
            return;
        }
        Block queue = quotas.queueBlock(lane.key(), lane.key().need(lane.key().minReplicas()));
        Map<String, Integer> place = queue == null ? fitted(lane.key(), head) : Map.of();
        if (!place.isEmpty()) {
            start(lane, head, place);
            enter(lane, entry.next() + 1);
            return;
        }
        if (quotas.queue(lane.key()).policy() == QueueSpec.Policy.STRICT_FIFO) {
            closedQueues.add(lane.key().queue());
        }
        blocked.put(lane.key(), queue == null ? noRoom(entry, head) : noQuota(entry, head, queue));
    }

    /** What keeps the lane from starting whatever room there is. */
    private @Nullable Block outside(Lane lane) {
        QueueSpec queue = quotas.queue(lane.key());
        if (lane.held() != null) {
            return lane.held();
        }
        if (queue.state() == QueueSpec.State.HOLD) {
            return new Block(Reason.QUEUE_STOPPED, "The queue " + queue.name() + " is on hold.");
        }
        if (closedQueues.contains(queue.name())) {
            return new Block(Reason.BEHIND_FIRST, "The queue " + queue.name() + " lets nobody overtake its first job.");
        }
        if (startsByQueue.getOrDefault(queue.name(), 0L) >= queue.startsLeft()) {
            return new Block(Reason.RATE_LIMITED, "The queue " + queue.name() + " starts no more jobs for now.");
        }
        if (!room.offers(lane.key().runner())) {
            return new Block(
                    Reason.NO_MATCHING_EXECUTOR,
                    "No server offers the runner " + lane.key().runner()
                            + " at present; switch it on or cancel the job.");
        }
        return room.couldEverHold(lane.key())
                ? null
                : new Block(
                        Reason.EXCEEDS_RUNNER_CAPACITY,
                        "It asks for more than all runners have now; cancel it or enlarge them.");
    }

    /**
     * Fewer replicas than wished where the quotas take no more. What a job could do without is not borrowed: it would make
     * the job a victim of those who have a right to it, and it could drive them out again in turn.
     */
    private Map<String, Integer> fitted(Lane.Key lane, UUID head) {
        Map<String, Integer> place = room.place(lane, head);
        int n = place.values().stream().mapToInt(Integer::intValue).sum();
        while (n > lane.minReplicas()
                && (quotas.ownerBlock(lane, lane.need(n)) != null
                        || quotas.queueBlock(lane, lane.need(n)) != null
                        || (quotas.wouldBorrow(lane, lane.need(n))
                                && !quotas.wouldBorrow(lane, lane.need(lane.minReplicas()))))) {
            n--;
        }
        return n == 0 ? Map.of() : first(place, n);
    }

    private static Map<String, Integer> first(Map<String, Integer> place, int replicas) {
        Map<String, Integer> kept = new LinkedHashMap<>();
        int left = replicas;
        for (Map.Entry<String, Integer> entry : place.entrySet()) {
            int n = Math.min(left, entry.getValue());
            if (n > 0) {
                kept.put(entry.getKey(), n);
                left -= n;
            }
        }
        return kept;
    }

    private void start(Lane lane, UUID head, Map<String, Integer> place) {
        int replicas = place.values().stream().mapToInt(Integer::intValue).sum();
        room.take(lane.key(), place, head);
        quotas.add(lane.key(), lane.key().need(replicas));
        startsByQueue.merge(lane.key().queue(), 1L, Long::sum);
        starts.add(new Start(head, lane.key(), place));
    }

    private Block noRoom(Entry entry, UUID head) {
        Lane.Key lane = entry.lane().key();
        Block block =
                preempting(entry, head, new Block(Reason.WAITING_FOR_CAPACITY, "The runner has no room at present."));
        if (block.reason() != Reason.WAITING_FOR_CAPACITY) {
            return block;
        }
        UUID kept = room.keptFor(lane);
        if (kept != null) {
            block = new Block(
                    Reason.RESERVED_FOR, "The free room is reserved for job " + kept + ", which comes first.");
        }
        if (!waitedLong(entry)) {
            return block;
        }
        Instant from = reservedFrom(entry);
        if (!room.keep(lane, head, job -> job.startedAt().isBefore(from)) && !room.drain(lane, head)) {
            return block;
        }
        quotas.keep(lane, lane.need(lane.minReplicas()), false);
        return new Block(
                Reason.WAITING_FOR_CAPACITY, "The next room that comes free is reserved for it; it waited long.");
    }

    private Block noQuota(Entry entry, UUID head, Block queue) {
        Block block = preempting(entry, head, queue);
        if (block.reason() == Reason.WAITING_FOR_QUEUE_QUOTA && waitedLong(entry)) {
            Lane.Key lane = entry.lane().key();
            quotas.keep(lane, lane.need(lane.minReplicas()), false);
        }
        return block;
    }

    /** Whether room and quota are kept for it. */
    private boolean waitedLong(Entry entry) {
        return entry.rank().overdue() || !snapshot.now().isBefore(reservedFrom(entry));
    }

    /** Those who started earlier are expected to leave before it starts. */
    private Instant reservedFrom(Entry entry) {
        Duration overdue = Rank.timeToOverdue(
                entry.lane().key().priority(), snapshot.rules().agingStep());
        Duration after = snapshot.rules().reserveAfter();
        Duration first = entry.rank().overdue() && overdue.compareTo(after) < 0 ? overdue : after;
        return entry.lane().heads().get(entry.next()).queuedAt().plus(first);
    }

    /** Asks running jobs to make room, if some may be asked; else the block stands. */
    private Block preempting(Entry entry, UUID head, Block block) {
        Lane.Key lane = entry.lane().key();
        boolean underway = victims.underway(head);
        if (!underway && preemptionTries < MAX_PREEMPTION_TRIES) {
            preemptionTries++;
            List<Running> chosen = victims.choose(lane, entry.lane().heads().get(entry.next()));
            chosen.forEach(job -> preemptions.add(new Preemption(job.id(), head)));
            if (!chosen.isEmpty()) {
                Set<UUID> leaving = new HashSet<>();
                chosen.forEach(job -> leaving.add(job.id()));
                keep(lane, head, job -> leaving.contains(job.id()));
                return new Block(Reason.WAITING_FOR_PREEMPTED, chosen.size() + " jobs of lower rank make room for it.");
            }
        } else if (underway) {
            keep(lane, head, job -> head.equals(job.preemptedFor()));
            return new Block(Reason.WAITING_FOR_PREEMPTED, "Jobs of lower rank make room for it.");
        }
        return block;
    }

    private void keep(Lane.Key lane, UUID head, Predicate<Running> leaving) {
        quotas.keep(lane, lane.need(lane.minReplicas()), true);
        room.keep(lane, head, leaving);
    }
}
