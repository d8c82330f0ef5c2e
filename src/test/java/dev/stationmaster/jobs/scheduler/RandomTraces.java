package dev.stationmaster.jobs.scheduler;

import dev.stationmaster.jobs.runner.Resources;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/** Random clusters, and random jobs that each could run on them. */
final class RandomTraces {
    static final Instant START = RandomSnapshots.NOW;
    static final Duration LONGEST = Duration.ofMinutes(30);
    static final Duration NOTICE = Duration.ofSeconds(30);
    private static final int CORES = 8;
    private static final List<String> QUEUES = List.of("a", "b", "c", "free");

    private final Random random;
    private final List<UUID> owners = new ArrayList<>();

    RandomTraces(long seed) {
        random = new Random(seed);
    }

    VirtualCluster.Setup setup() {
        List<Node> nodes = new ArrayList<>();
        for (int w = 1 + random.nextInt(3); w > 0; w--) {
            Amounts all = new Amounts(1000L * CORES, 64, 1, 100, 6 + random.nextInt(20));
            nodes.add(new Node("w" + w, "process", all, all));
        }
        Map<UUID, OwnerSpec> specs = new LinkedHashMap<>();
        for (int i = 2 + random.nextInt(4); i > 0; i--) {
            UUID id = new UUID(0, i);
            owners.add(id);
            Amounts quota = random.nextInt(3) == 0 ? cores(CORES + random.nextInt(8)) : Amounts.NO_LIMIT;
            specs.put(id, new OwnerSpec(id, Math.pow(2, random.nextInt(9) - 4.0), quota, Map.of(), 0));
        }
        var reserve = random.nextBoolean() ? Duration.ofMinutes(2) : Duration.ofHours(8);
        var rules = new Snapshot.Rules(
                Duration.ofMinutes(1 + random.nextInt(10)), reserve, 3 + random.nextInt(60), random.nextBoolean());
        return new VirtualCluster.Setup(
                rules, nodes, queues(), specs, Duration.ofHours(2), Duration.ofSeconds(10), NOTICE, false);
    }

    private Map<String, QueueSpec> queues() {
        Map<String, QueueSpec> queues = new LinkedHashMap<>();
        for (String name : QUEUES) {
            QueueSpec.Policy policy =
                    random.nextInt(5) == 0 ? QueueSpec.Policy.STRICT_FIFO : QueueSpec.Policy.BEST_EFFORT_FIFO;
            queues.put(
                    name,
                    name.equals("free")
                            ? QueueSpec.open(name)
                            : new QueueSpec(
                                    name,
                                    name.equals("c") ? null : "cohort",
                                    1,
                                    policy,
                                    QueueSpec.State.ACTIVE,
                                    cores(CORES + random.nextInt(4)),
                                    random.nextBoolean() ? Amounts.NO_LIMIT : cores(random.nextInt(6)),
                                    random.nextBoolean() ? Amounts.NO_LIMIT : cores(random.nextInt(6)),
                                    Long.MAX_VALUE));
        }
        return queues;
    }

    private static Amounts cores(int n) {
        return SchedulerKit.cores(n);
    }

    /** Jobs that arrive over {@code hours}; about every eighth asks for most of a server. Call {@link #setup} first. */
    List<VirtualJob> jobs(int n, int hours, boolean preemptible) {
        List<VirtualJob> jobs = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            boolean large = random.nextInt(8) == 0;
            boolean gang = random.nextInt(8) == 0;
            int cores = large ? 5 + random.nextInt(CORES - 4) : 1 + random.nextInt(2);
            int replicas = gang ? 2 + random.nextInt(3) : 1;
            int fewest = gang && !large ? 1 + random.nextInt(replicas) : 1;
            var resources = new Resources(1000L * cores, 1, random.nextInt(6) == 0 ? 1 : 0, 0);
            if (resources.gpus() > 0) {
                fewest = 1;
            }
            var lane = new Lane.Key(
                    QUEUES.get(random.nextInt(QUEUES.size())),
                    owners.get(random.nextInt(owners.size())),
                    1,
                    "process",
                    1 + random.nextInt(10),
                    resources,
                    replicas,
                    fewest);
            jobs.add(new VirtualJob(
                    new UUID(9, i),
                    lane,
                    START.plusSeconds(random.nextInt(3600 * hours)),
                    Duration.ofSeconds(1 + random.nextInt((int) LONGEST.toSeconds())),
                    preemptible && random.nextInt(4) != 0,
                    Duration.ofSeconds(random.nextInt(300))));
        }
        return jobs;
    }
}
