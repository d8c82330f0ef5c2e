package dev.stationmaster.bench;

import dev.stationmaster.jobs.scheduler.Amounts;
import dev.stationmaster.jobs.scheduler.Decision;
import dev.stationmaster.jobs.scheduler.Node;
import dev.stationmaster.jobs.scheduler.Running;
import dev.stationmaster.jobs.scheduler.Snapshot;
import dev.stationmaster.jobs.scheduler.StarvationBound;
import dev.stationmaster.jobs.scheduler.VirtualCluster;
import dev.stationmaster.jobs.scheduler.VirtualCluster.Stay;
import dev.stationmaster.jobs.scheduler.VirtualJob;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/** One replay of a trace under one policy, and what came of it. */
final class SchedulerReplay {
    private static final long WINDOW_SECONDS = 3600;

    private final VirtualCluster.Setup setup;
    private final List<VirtualJob> jobs;
    private final VirtualCluster cluster;
    private final Amounts total;
    private final Instant lastArrival;
    private final Histogram decisionNanos = new Histogram(3);
    private double usedSeconds;
    private Instant at = SchedulerTrace.START;
    private Map<UUID, Double> held = Map.of();
    private double used;
    private Set<UUID> waiting = Set.of();
    private Map<UUID, Double> got = new HashMap<>();
    private Map<UUID, Double> backlogged = new HashMap<>();
    private double windowSeconds;
    /** What owners got beyond their share in all hours together, and what was to be shared. */
    private final Map<UUID, Double> excess = new HashMap<>();

    private double shared;
    private int hours;

    SchedulerReplay(SchedulerTrace trace, List<VirtualJob> jobs, Function<Snapshot, Decision> policy) {
        this.setup = trace.setup();
        this.jobs = jobs;
        this.total = setup.nodes().stream().map(Node::capacity).reduce(Amounts.NONE, Amounts::plus);
        this.lastArrival =
                jobs.stream().map(VirtualJob::arrives).max(Instant::compareTo).orElseThrow();
        this.cluster = new VirtualCluster(setup, SchedulerTrace.START, snapshot -> {
                    long from = System.nanoTime();
                    Decision decision = policy.apply(snapshot);
                    decisionNanos.recordValue(System.nanoTime() - from);
                    return decision;
                })
                .watched(this::watch);
    }

    SchedulerReplay run() {
        jobs.forEach(cluster::submit);
        cluster.run(Instant.MAX);
        return this;
    }

    private void watch(Snapshot snapshot, Decision decision) {
        double seconds = Duration.between(at, snapshot.now()).toMillis() / 1000.0;
        at = snapshot.now();
        if (seconds > 0 && !at.isAfter(lastArrival)) {
            pass(seconds);
        }
        held = new HashMap<>();
        used = 0;
        for (Running job : snapshot.running()) {
            double share = Amounts.of(job.lane().resources(), 0).dominantShare(total);
            held.merge(job.lane().owner(), share, Double::sum);
            used += job.lane().resources().cpuMillis() / (double) total.cpuMillis();
        }
        waiting = new HashSet<>();
        snapshot.lanes().forEach(lane -> waiting.add(lane.key().owner()));
        decision.starts().forEach(start -> {
            double share = Amounts.of(start.lane().resources(), 0).dominantShare(total);
            held.merge(start.lane().owner(), share, Double::sum);
            used += start.lane().resources().cpuMillis() / (double) total.cpuMillis();
        });
    }

    private void pass(double seconds) {
        usedSeconds += used * seconds;
        held.forEach((owner, share) -> got.merge(owner, share * seconds, Double::sum));
        waiting.forEach(owner -> backlogged.merge(owner, seconds, Double::sum));
        windowSeconds += seconds;
        if (windowSeconds >= WINDOW_SECONDS) {
            close();
        }
    }

    /** Owners who waited all the hour long should have shared by weight what they got together. */
    private void close() {
        List<UUID> owners = backlogged.entrySet().stream()
                .filter(e -> e.getValue() >= 0.98 * windowSeconds)
                .map(Map.Entry::getKey)
                .toList();
        double all = owners.stream().mapToDouble(o -> got.getOrDefault(o, 0.0)).sum();
        double weights =
                owners.stream().mapToDouble(o -> setup.owners().get(o).weight()).sum();
        if (owners.size() >= 2) {
            for (UUID o : owners) {
                double fair = all * setup.owners().get(o).weight() / weights;
                excess.merge(o, got.getOrDefault(o, 0.0) - fair, Double::sum);
            }
            shared += all;
            hours++;
        }
        got = new HashMap<>();
        backlogged = new HashMap<>();
        windowSeconds = 0;
    }

    /** Seconds of wait that part of the jobs of these priorities stayed below. */
    double wait(int lowest, int highest, double percent) {
        double[] waits = waits(lowest, highest).sorted().toArray();
        if (waits.length == 0) {
            return 0;
        }
        return waits[(int) Math.min(waits.length - 1.0, waits.length * percent / 100)];
    }

    double longestWait() {
        return waits(1, 10).max().orElseThrow();
    }

    private java.util.stream.DoubleStream waits(int lowest, int highest) {
        return stays(lowest, highest)
                .mapToDouble(stay ->
                        Duration.between(stay.queuedAt(), stay.startedAt()).toMillis() / 1000.0);
    }

    private Stream<Stay> stays(int lowest, int highest) {
        return cluster.stays().stream()
                .filter(s ->
                        s.job().lane().priority() >= lowest && s.job().lane().priority() <= highest);
    }

    /** Jobs that waited longer than {@link StarvationBound} allows. */
    long overTheBound() {
        var bound = new StarvationBound(setup.rules(), SchedulerTrace.LONGEST);
        return stays(1, 10).filter(stay -> isOver(bound, stay)).count();
    }

    private boolean isOver(StarvationBound bound, Stay stay) {
        int priority = stay.job().lane().priority();
        Duration waited = Duration.between(stay.queuedAt(), stay.startedAt());
        if (waited.compareTo(bound.of(priority, 0, 0)) <= 0) {
            return false;
        }
        Duration overdue = bound.of(priority, 0, 0).minus(bound.longestRuntime().multipliedBy(2));
        Instant from = stay.queuedAt().plus(overdue);
        UUID owner = stay.job().lane().owner();
        long older = 0;
        long own = 0;
        for (Stay other : cluster.stays()) {
            if (other.startedAt().isBefore(stay.startedAt())) {
                boolean same = other.job().lane().owner().equals(owner);
                own += same && !other.startedAt().isBefore(stay.queuedAt()) ? 1 : 0;
                older += !same
                                && other.queuedAt().isBefore(stay.queuedAt())
                                && !other.startedAt().isBefore(from)
                        ? 1
                        : 0;
            }
        }
        return waited.compareTo(bound.of(priority, older, own)) > 0;
    }

    /** Of what was to be shared, the part that went to the wrong owners over the whole trace. */
    double shareErrorPercent() {
        double wrong = excess.values().stream().mapToDouble(Math::abs).sum() / 2;
        return shared == 0 ? 0 : 100 * wrong / shared;
    }

    /** Of the cores, until the last job arrived. */
    double utilisationPercent() {
        return 100
                * usedSeconds
                / Duration.between(SchedulerTrace.START, lastArrival).toSeconds();
    }

    double decisionMillis(double percentile) {
        return decisionNanos.getValueAtPercentile(percentile) / 1e6;
    }

    long decisions() {
        return decisionNanos.getTotalCount();
    }

    long preemptions() {
        return cluster.preemptions();
    }

    /** In how many hours at least two owners waited all the time. */
    int sharedHours() {
        return hours;
    }
}
