package dev.stationmaster.jobs.scheduler;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Replays a trace of jobs in virtual time: whatever happens is followed by a decision, which happens at once. A victim
 * leaves after the notice, goes on later where it stopped, and waits anew: its age counts from when it left, unless the
 * setup keeps it. Not thread-safe.
 */
public final class VirtualCluster {
    private static final int HEADS = 16;

    /** What does not change during a replay. */
    public record Setup(
            Snapshot.Rules rules,
            List<Node> nodes,
            Map<String, QueueSpec> queues,
            Map<UUID, OwnerSpec> owners,
            Duration useHalfLife,
            Duration entryCharge,
            Duration notice,
            boolean keepsAge) {

        /** The same, but a victim's age goes on counting from when it was queued first. */
        public Setup keepingAge() {
            return new Setup(rules, nodes, queues, owners, useHalfLife, entryCharge, notice, true);
        }
    }

    /** One stay on the machines. {@code queuedAt} is when that wait began. */
    public record Stay(VirtualJob job, int replicas, Instant queuedAt, Instant startedAt) {}

    private record Event(Instant at, long order, Runnable what) {}

    private record Waiting(VirtualJob job, Instant queuedAt, Duration left) {}

    private static final class Active {
        final Waiting from;
        final Running running;

        Active(Waiting from, Running running) {
            this.from = from;
            this.running = running;
        }
    }

    private final Setup setup;
    private final Function<Snapshot, Decision> decider;
    private final RecentUse recent;
    private final Amounts total;
    private final PriorityQueue<Event> events = new PriorityQueue<>(
            (a, b) -> a.at().equals(b.at()) ? Long.compare(a.order(), b.order()) : a.at().compareTo(b.at()));
    private final Map<Lane.Key, Deque<Waiting>> waiting = new LinkedHashMap<>();
    private final Map<Lane.Key, Lane> lanes = new HashMap<>();
    private final Map<UUID, Active> active = new LinkedHashMap<>();
    private final Map<UUID, Amounts> usedByOwner = new HashMap<>();
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final List<Stay> stays = new ArrayList<>();
    private BiConsumer<Snapshot, Decision> watcher = (snapshot, decision) -> {};
    private Instant now;
    private long order;
    private long preemptions;

    public VirtualCluster(Setup setup, Instant start, Function<Snapshot, Decision> decider) {
        this.setup = setup;
        this.decider = decider;
        this.now = start;
        this.recent = new RecentUse(setup.useHalfLife(), setup.entryCharge(), start);
        this.total = setup.nodes().stream().map(Node::capacity).reduce(Amounts.NONE, Amounts::plus);
        setup.nodes().forEach(node -> nodes.put(node.worker() + '/' + node.runner(), node));
    }

    /** Sees every decision and what it was made from, before it happens. */
    public VirtualCluster watched(BiConsumer<Snapshot, Decision> by) {
        watcher = by;
        return this;
    }

    public void submit(VirtualJob job) {
        at(job.arrives(), () -> queue(new Waiting(job, job.arrives(), job.runs())));
    }

    /** Decides every so often too, because age changes the order without any event. */
    public void tick(Duration every, Instant until) {
        for (Instant t = now.plus(every); t.isBefore(until); t = t.plus(every)) {
            at(t, () -> {});
        }
    }

    /** Until nothing happens any more, or the time is over. */
    public void run(Instant until) {
        while (!events.isEmpty() && !events.peek().at().isAfter(until)) {
            now = events.peek().at();
            while (!events.isEmpty() && events.peek().at().equals(now)) {
                events.remove().what().run();
            }
            boolean again = true;
            while (again) {
                again = decide();
            }
        }
    }

    /** All stays so far in the order of their start. */
    public List<Stay> stays() {
        return stays;
    }

    public long preemptions() {
        return preemptions;
    }

    public Instant now() {
        return now;
    }

    public int waitingJobs() {
        return waiting.values().stream().mapToInt(Deque::size).sum();
    }

    private void at(Instant time, Runnable what) {
        events.add(new Event(time, order++, what));
    }

    private void queue(Waiting job) {
        waiting.computeIfAbsent(job.job().lane(), key -> new ArrayDeque<>()).add(job);
        lanes.remove(job.job().lane());
    }

    private void queueAgain(Waiting job) {
        if (setup.keepsAge()) {
            List<Waiting> lane = new ArrayList<>(waiting.getOrDefault(job.job().lane(), new ArrayDeque<>()));
            lane.add(job);
            lane.sort(Comparator.comparing(Waiting::queuedAt));
            waiting.put(job.job().lane(), new ArrayDeque<>(lane));
            lanes.remove(job.job().lane());
        } else {
            queue(new Waiting(job.job(), now, job.left()));
        }
    }

    private boolean decide() {
        if (waiting.isEmpty()) {
            return false;
        }
        pass();
        Snapshot snapshot = snapshot();
        Decision decision = decider.apply(snapshot);
        watcher.accept(snapshot, decision);
        decision.starts().forEach(this::start);
        decision.preemptions().forEach(this::preempt);
        return decision.more() && !decision.starts().isEmpty();
    }

    private void pass() {
        Map<UUID, Double> shares = new HashMap<>();
        usedByOwner.forEach((owner, used) -> shares.put(owner, used.dominantShare(total)));
        recent.pass(now, shares);
    }

    private Snapshot snapshot() {
        Map<UUID, OwnerSpec> owners = new HashMap<>();
        setup.owners()
                .forEach((id, o) ->
                        owners.put(id, new OwnerSpec(id, o.weight(), o.quota(), o.quotaByQueue(), recent.share(id))));
        List<Lane> heads = new ArrayList<>();
        waiting.forEach((key, jobs) -> heads.add(lanes.computeIfAbsent(key, k -> lane(k, jobs))));
        return new Snapshot(
                now,
                setup.rules(),
                List.copyOf(nodes.values()),
                setup.queues(),
                owners,
                heads,
                active.values().stream().map(a -> a.running).toList());
    }

    private static Lane lane(Lane.Key key, Deque<Waiting> jobs) {
        return new Lane(
                key,
                jobs.stream()
                        .limit(HEADS)
                        .map(w -> new Lane.Head(w.job().id(), w.queuedAt()))
                        .toList(),
                jobs.size(),
                null);
    }

    private void start(Decision.Start start) {
        Deque<Waiting> lane = waiting.get(start.lane());
        Waiting job = lane.stream()
                .filter(w -> w.job().id().equals(start.id()))
                .findFirst()
                .orElseThrow();
        lane.remove(job);
        if (lane.isEmpty()) {
            waiting.remove(start.lane());
        }
        lanes.remove(start.lane());
        VirtualJob j = job.job();
        Active a = new Active(job, running(j, start.onWorker(), now, null));
        active.put(j.id(), a);
        hold(a.running, 1);
        recent.charge(j.lane().owner(), a.running.held().dominantShare(total));
        stays.add(new Stay(j, a.running.replicas(), job.queuedAt(), now));
        Instant startedAt = now;
        at(now.plus(job.left()), () -> {
            Active still = active.get(j.id());
            if (still != null && still.running.startedAt().equals(startedAt)) {
                leave(j.id());
            }
        });
    }

    private static Running running(
            VirtualJob j, Map<String, Integer> onWorker, Instant startedAt, @Nullable UUID preemptedFor) {
        return new Running(j.id(), j.lane(), onWorker, startedAt, j.preemptible(), j.minRuntime(), preemptedFor);
    }

    private void leave(UUID id) {
        hold(active.remove(id).running, -1);
    }

    private void preempt(Decision.Preemption p) {
        Active a = active.get(p.victim());
        preemptions++;
        active.put(
                p.victim(),
                new Active(a.from, running(a.from.job(), a.running.onWorker(), a.running.startedAt(), p.forJob())));
        at(now.plus(setup.notice()), () -> {
            Active still = active.get(p.victim());
            if (still != null && still.running.startedAt().equals(a.running.startedAt())) {
                leave(p.victim());
                Duration ran = Duration.between(a.running.startedAt(), now);
                queueAgain(new Waiting(
                        a.from.job(), a.from.queuedAt(), a.from.left().minus(ran)));
            }
        });
    }

    private void hold(Running job, int sign) {
        usedByOwner.merge(job.lane().owner(), job.held().times(sign), Amounts::plus);
        Set<String> workers = new HashSet<>(job.onWorker().keySet());
        nodes.replaceAll((name, node) -> {
            if (!workers.contains(node.worker())) {
                return node;
            }
            Amounts held = job.heldOn(node.worker()).times(sign);
            Amounts here = node.runner().equals(job.lane().runner()) ? held : new Amounts(0, 0, 0, 0, held.jobs());
            return new Node(
                    node.worker(), node.runner(), node.capacity(), node.free().minus(here));
        });
    }
}
