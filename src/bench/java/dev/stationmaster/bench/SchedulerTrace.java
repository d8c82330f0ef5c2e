package dev.stationmaster.bench;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Amounts;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.jobs.scheduler.Node;
import dev.stationmaster.jobs.scheduler.OwnerSpec;
import dev.stationmaster.jobs.scheduler.QueueSpec;
import dev.stationmaster.jobs.scheduler.Snapshot;
import dev.stationmaster.jobs.scheduler.VirtualCluster;
import dev.stationmaster.jobs.scheduler.VirtualJob;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/**
 * Some made-up weeks of a small cluster, the same for the same seed: users submit in bursts, most jobs are short and
 * small, a few are long or large, some need GPUs. Arrivals are packed so that the work is {@link #LOAD} of what the
 * scarcer of cores and GPUs could do.
 */
final class SchedulerTrace {
    static final Instant START = Instant.parse("2026-01-05T00:00:00Z");
    static final Duration LONGEST = Duration.ofHours(4);
    static final double LOAD = 0.98;
    private static final int USERS = 50;
    private static final int[] CORES = {1, 1, 1, 2, 2, 4, 8, 16};

    /** What one user's jobs look like. */
    private record Habit(UUID owner, int priority, Resources resources, double medianSeconds) {}

    private final Random random;
    private final Duration agingStep;
    private final Map<UUID, OwnerSpec> owners = new LinkedHashMap<>();
    private final List<Habit> habits = new ArrayList<>();

    SchedulerTrace(long seed, Duration agingStep) {
        random = new Random(seed);
        this.agingStep = agingStep;
        for (int i = 1; i <= USERS; i++) {
            UUID id = new UUID(0, i);
            owners.put(id, new OwnerSpec(id, 1 + random.nextInt(3), Amounts.NO_LIMIT, Map.of(), 0));
            for (int k = 1 + random.nextInt(4); k > 0; k--) {
                int cores = CORES[random.nextInt(CORES.length)];
                boolean gpu = random.nextInt(16) == 0;
                habits.add(new Habit(
                        id,
                        1 + random.nextInt(10),
                        new Resources(1000L * cores, (long) cores << 31, gpu ? 1 + random.nextInt(2) : 0, 0),
                        120 * Math.exp(random.nextGaussian())));
            }
        }
    }

    VirtualCluster.Setup setup() {
        List<Node> nodes = new ArrayList<>();
        for (int i = 1; i <= 6; i++) {
            Amounts all = new Amounts(32_000, 128L << 30, i <= 2 ? 4 : 0, 1L << 40, 64);
            nodes.add(new Node("node-" + i, "process", all, all));
        }
        return new VirtualCluster.Setup(
                new Snapshot.Rules(agingStep, Duration.ofMinutes(5), 256, true),
                nodes,
                Map.of("default", QueueSpec.open("default")),
                owners,
                Duration.ofDays(1),
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                false);
    }

    List<VirtualJob> jobs(int n) {
        List<Habit> whose = new ArrayList<>(n);
        List<Duration> lengths = new ArrayList<>(n);
        List<Double> burst = new ArrayList<>(n);
        double cpuWork = 0; // in seconds of all machines
        double gpuWork = 0;
        while (whose.size() < n) {
            Habit habit = habits.get(random.nextInt(habits.size()));
            double at = random.nextDouble();
            int size = (int) Math.min(300, 1 + 3 / Math.pow(1 - random.nextDouble(), 1.1));
            for (int i = 0; i < size && whose.size() < n; i++) {
                double seconds = habit.medianSeconds() * Math.exp(1.5 * random.nextGaussian());
                Duration length =
                        Duration.ofMillis((long) (1000 * Math.min((double) LONGEST.toSeconds(), 1 + seconds)));
                whose.add(habit);
                lengths.add(length);
                burst.add(at);
                cpuWork += length.toSeconds() * (double) habit.resources().cpuMillis() / 192_000.0;
                gpuWork += length.toSeconds() * habit.resources().gpus() / 8.0;
            }
        }
        double span = Math.max(cpuWork, gpuWork) / LOAD;
        List<VirtualJob> jobs = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            Habit h = whose.get(i);
            var lane = new Lane.Key("default", h.owner(), 1, "process", h.priority(), h.resources(), 1, 1);
            Instant arrives = START.plusMillis((long) (burst.get(i) * span * 1000) + random.nextInt(10_000));
            jobs.add(new VirtualJob(new UUID(9, i), lane, arrives, lengths.get(i), true, Duration.ofMinutes(10)));
        }
        return jobs;
    }

    static VirtualJob withoutPriority(VirtualJob j) {
        Lane.Key k = j.lane();
        var lane = new Lane.Key(k.queue(), k.owner(), k.agentId(), k.runner(), 5, k.resources(), 1, 1);
        return new VirtualJob(j.id(), lane, j.arrives(), j.runs(), j.preemptible(), j.minRuntime());
    }
}
