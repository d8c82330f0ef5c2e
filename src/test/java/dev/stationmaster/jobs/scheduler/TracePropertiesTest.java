package dev.stationmaster.jobs.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;

/** What holds over time: random traces, replayed in virtual time. */
class TracePropertiesTest {
    private static final Duration TICK = Duration.ofMinutes(1);

    @Property(tries = 80, shrinking = ShrinkingMode.BOUNDED)
    void allLimitsAreKeptAllTheTimeAndEveryJobRuns(@ForAll long seed, @ForAll @IntRange(min = 1, max = 60) int n) {
        var traces = new RandomTraces(seed);
        var cluster =
                new VirtualCluster(traces.setup(), RandomTraces.START, Scheduler::decide).watched(Invariants::check);
        traces.jobs(n, 2, true).forEach(cluster::submit);
        Instant end = RandomTraces.START.plus(Duration.ofDays(3));
        cluster.tick(Duration.ofMinutes(10), end);
        cluster.run(end);
        assertThat(cluster.waitingJobs()).isZero();
        assertThat(cluster.stays().stream().map(s -> s.job().id()).distinct()).hasSize(n);
    }

    @Property(tries = 100, shrinking = ShrinkingMode.BOUNDED)
    void noJobWaitsLongerThanTheBound(
            @ForAll long seed, @ForAll @IntRange(min = 5, max = 160) int n, @ForAll boolean preemptible) {
        var traces = new RandomTraces(seed);
        VirtualCluster.Setup setup = traces.setup();
        var cluster = new VirtualCluster(setup, RandomTraces.START, Scheduler::decide);
        traces.jobs(n, 6, preemptible).forEach(cluster::submit);
        Instant end = RandomTraces.START.plus(Duration.ofDays(4));
        cluster.tick(TICK, end);
        cluster.run(end);
        assertThat(cluster.waitingJobs()).isZero();
        var bound = new StarvationBound(
                setup.rules(), RandomTraces.LONGEST.plus(RandomTraces.NOTICE).plus(TICK));
        List<VirtualCluster.Stay> stays = cluster.stays();
        for (VirtualCluster.Stay stay : stays) {
            assertThat(Duration.between(stay.queuedAt(), stay.startedAt()))
                    .as("wait of %s", stay)
                    .isLessThanOrEqualTo(bound(bound, stay, stays));
        }
    }

    private static Duration bound(StarvationBound bound, VirtualCluster.Stay stay, List<VirtualCluster.Stay> stays) {
        int priority = stay.job().lane().priority();
        Instant overdue = stay.queuedAt()
                .plus(bound.of(priority, 0, 0))
                .minus(bound.longestRuntime().multipliedBy(2));
        long older = 0;
        long own = 0;
        for (VirtualCluster.Stay other : stays) {
            boolean sameOwner =
                    other.job().lane().owner().equals(stay.job().lane().owner());
            boolean meanwhile = other.startedAt().isBefore(stay.startedAt());
            if (!sameOwner
                    && meanwhile
                    && other.queuedAt().isBefore(stay.queuedAt())
                    && !other.startedAt().isBefore(overdue)) {
                older++;
            }
            if (sameOwner && meanwhile && !other.startedAt().isBefore(stay.queuedAt())) {
                own++;
            }
        }
        return bound.of(priority, older, own);
    }

    @Property(tries = 100, shrinking = ShrinkingMode.BOUNDED)
    void preemptionsStop(
            @ForAll long seed, @ForAll @IntRange(min = 2, max = 60) int n, @ForAll boolean victimsKeepTheirAge) {
        var traces = new RandomTraces(seed);
        VirtualCluster.Setup setup = traces.setup();
        if (victimsKeepTheirAge) {
            setup = setup.keepingAge();
        }
        var lastPreemption = new AtomicReference<>(RandomTraces.START);
        var cluster = new VirtualCluster(setup, RandomTraces.START, Scheduler::decide).watched((snapshot, decision) -> {
            if (!decision.preemptions().isEmpty()) {
                lastPreemption.set(snapshot.now());
            }
        });
        for (VirtualJob job : traces.jobs(n, 1, true)) { // and none of them ever ends
            cluster.submit(new VirtualJob(
                    job.id(), job.lane(), job.arrives(), Duration.ofDays(900), job.preemptible(), job.minRuntime()));
        }
        Instant end = RandomTraces.START.plus(Duration.ofDays(2));
        cluster.tick(Duration.ofMinutes(5), end);
        cluster.run(end);
        assertThat(cluster.preemptions()).as("preemptions of %d jobs", n).isLessThanOrEqualTo(4L * n);
        assertThat(lastPreemption.get()).isBefore(RandomTraces.START.plus(Duration.ofDays(1)));
    }

    @Property(tries = 8, shrinking = ShrinkingMode.OFF)
    void ownersWhoAlwaysWaitGetMachineTimeByTheirWeights(@ForAll long seed) {
        Random random = new Random(seed);
        int owners = 2 + random.nextInt(3);
        Map<UUID, OwnerSpec> specs = new HashMap<>();
        double weights = 0;
        for (int i = 1; i <= owners; i++) {
            double weight = 1 + random.nextInt(4);
            weights += weight;
            specs.put(new UUID(0, i), new OwnerSpec(new UUID(0, i), weight, Amounts.NO_LIMIT, Map.of(), 0));
        }
        int cores = 1 + random.nextInt(2);
        double oneJob = cores / 32.0;
        Map<UUID, Double> got = machineTime(specs, cores, random);
        double all = got.values().stream().mapToDouble(t -> t).sum();
        for (OwnerSpec owner : specs.values()) {
            double fair = owner.weight() / weights;
            assertThat(got.get(owner.id()) / all)
                    .as("of weight %s, where one job is %s", owner.weight(), oneJob)
                    .isCloseTo(fair, within(Math.max(0.1 * fair, oneJob / 3)));
        }
    }

    /**
     * Seconds by owner while all of them wait; each has jobs of another length. All of one size: with several, the small
     * ones also get what the large ones leave over, as they should.
     */
    private static Map<UUID, Double> machineTime(Map<UUID, OwnerSpec> owners, int cores, Random random) {
        Amounts all = new Amounts(16_000, 64, 0, 100, 100);
        var setup = new VirtualCluster.Setup(
                new Snapshot.Rules(Duration.ofDays(1), Duration.ofMinutes(5), 100, true),
                List.of(new Node("w1", "process", all, all), new Node("w2", "process", all, all)),
                Map.of("free", QueueSpec.open("free")),
                owners,
                Duration.ofHours(2),
                Duration.ofSeconds(10),
                RandomTraces.NOTICE,
                false);
        var cluster = new VirtualCluster(setup, RandomTraces.START, Scheduler::decide);
        long id = 0;
        for (UUID owner : owners.keySet()) {
            Lane.Key lane = SchedulerKit.lane("free", owner, 5, cores);
            int seconds = 60 + random.nextInt(900);
            for (int i = 0; i < 32 * 110_000 / seconds; i++) {
                Duration runs = Duration.ofSeconds(seconds / 2 + random.nextInt(seconds));
                cluster.submit(new VirtualJob(new UUID(9, id++), lane, RandomTraces.START, runs, false, Duration.ZERO));
            }
        }
        Instant from = RandomTraces.START.plus(Duration.ofHours(4)); // as if nobody had used anything before
        Instant end = RandomTraces.START.plus(Duration.ofHours(30));
        cluster.run(end);
        Map<UUID, Double> got = new HashMap<>();
        for (VirtualCluster.Stay stay : cluster.stays()) {
            Instant left = stay.startedAt().plus(stay.job().runs());
            Instant came = stay.startedAt().isBefore(from) ? from : stay.startedAt();
            Duration held = Duration.between(came, left.isBefore(end) ? left : end);
            got.merge(stay.job().lane().owner(), (double) Math.max(0, held.toSeconds()), Double::sum);
        }
        return got;
    }
}
