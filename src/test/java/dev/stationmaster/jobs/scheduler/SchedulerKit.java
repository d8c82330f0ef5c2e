package dev.stationmaster.jobs.scheduler;

import dev.stationmaster.jobs.runner.Resources;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Builds snapshots in the words of a test. Amounts are whole cores; what a test does not say is open and plenty. */
final class SchedulerKit {
    static final Instant NOW = Instant.parse("2026-01-05T12:00:00Z");
    static final UUID ANN = new UUID(0, 1);
    static final UUID BOB = new UUID(0, 2);
    static final Duration STEP = Duration.ofHours(1);
    static final Duration RESERVE = Duration.ofMinutes(5);
    static final Duration FRESH = Duration.ofSeconds(1);

    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, QueueSpec> queues = new HashMap<>();
    private final Map<UUID, OwnerSpec> owners = new HashMap<>();
    private final Map<Lane.Key, Lane> lanes = new LinkedHashMap<>();
    private final List<Running> running = new ArrayList<>();
    private int maxStarts = 100;
    private boolean spread = true;
    private long nextId = 1;

    static UUID id(long n) {
        return new UUID(7, n);
    }

    static Amounts cores(long cores) {
        return new Amounts(cores * 1000, Amounts.UNLIMITED, Amounts.UNLIMITED, Amounts.UNLIMITED, Amounts.UNLIMITED);
    }

    static Lane.Key lane(UUID owner, int priority, int cores) {
        return lane("default", owner, priority, cores);
    }

    static Lane.Key lane(String queue, UUID owner, int priority, int cores) {
        return new Lane.Key(queue, owner, 1, "process", priority, new Resources(cores * 1000L, 0, 0, 0), 1, 1);
    }

    static Lane.Key gang(UUID owner, int cores, int replicas, int minReplicas) {
        return new Lane.Key(
                "default", owner, 1, "process", 5, new Resources(cores * 1000L, 0, 0, 0), replicas, minReplicas);
    }

    SchedulerKit node(String worker, int cores) {
        return node(worker, cores, 100);
    }

    SchedulerKit node(String worker, int cores, int slots) {
        return node(worker, "process", cores, slots);
    }

    SchedulerKit node(String worker, String runner, int cores, int slots) {
        Amounts all = new Amounts(cores * 1000L, 1L << 40, 0, 1L << 40, slots);
        nodes.add(new Node(worker, runner, all, all));
        return this;
    }

    SchedulerKit queue(QueueSpec spec) {
        queues.put(spec.name(), spec);
        return this;
    }

    SchedulerKit owner(UUID id, double weight, Amounts quota, double recent) {
        owners.put(id, new OwnerSpec(id, weight, quota, Map.of(), recent));
        return this;
    }

    SchedulerKit maxStarts(int n) {
        maxStarts = n;
        return this;
    }

    /** Queues one job that has waited so long; says its id. */
    UUID waits(Lane.Key key, Duration since) {
        UUID id = id(nextId++);
        Lane before = lanes.get(key);
        var heads = new ArrayList<Lane.Head>(before == null ? List.of() : before.heads());
        heads.add(new Lane.Head(id, NOW.minus(since)));
        lanes.put(key, new Lane(key, heads, heads.size(), null));
        return id;
    }

    void held(Lane.Key key, Decision.Block why) {
        Lane lane = lanes.get(key);
        lanes.put(key, new Lane(key, lane.heads(), lane.length(), why));
    }

    UUID runs(Lane.Key key, String worker, Duration since) {
        return runs(key, worker, since, true, Duration.ZERO, null);
    }

    UUID runsOn(Lane.Key key, String worker, Duration since) {
        return runs(key, worker, since, false, Duration.ZERO, null);
    }

    UUID runs(
            Lane.Key key, String worker, Duration since, boolean preemptible, Duration minRuntime, UUID preemptedFor) {
        UUID id = id(nextId++);
        running.add(new Running(id, key, Map.of(worker, 1), NOW.minus(since), preemptible, minRuntime, preemptedFor));
        for (int i = 0; i < nodes.size(); i++) {
            Node n = nodes.get(i);
            if (n.worker().equals(worker)) {
                Amounts held = Amounts.of(key.resources(), 1);
                Amounts here = n.runner().equals(key.runner()) ? held : new Amounts(0, 0, 0, 0, 1);
                nodes.set(
                        i,
                        new Node(n.worker(), n.runner(), n.capacity(), n.free().minus(here)));
            }
        }
        return id;
    }

    /** All replicas of a job on one server. */
    void together() {
        spread = false;
    }

    Snapshot snapshot() {
        for (Lane lane : lanes.values()) {
            queues.computeIfAbsent(lane.key().queue(), QueueSpec::open);
            owners.computeIfAbsent(lane.key().owner(), id -> new OwnerSpec(id, 1, Amounts.NO_LIMIT, Map.of(), 0));
        }
        return new Snapshot(
                NOW,
                new Snapshot.Rules(STEP, RESERVE, maxStarts, spread),
                nodes,
                queues,
                owners,
                List.copyOf(lanes.values()),
                running);
    }

    Decision decide() {
        return Scheduler.decide(snapshot());
    }

    /** The ids that start, in order. */
    List<UUID> starts() {
        return started(decide());
    }

    static List<UUID> started(Decision decision) {
        return decision.starts().stream().map(Decision.Start::id).toList();
    }

    static List<UUID> victims(Decision decision) {
        return decision.preemptions().stream().map(Decision.Preemption::victim).toList();
    }

    Decision.Reason reason(Lane.Key key) {
        return decide().blocked().get(key).reason();
    }
}
