package dev.stationmaster.bench;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Amounts;
import dev.stationmaster.jobs.scheduler.Decision;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.jobs.scheduler.Node;
import dev.stationmaster.jobs.scheduler.OwnerSpec;
import dev.stationmaster.jobs.scheduler.QueueSpec;
import dev.stationmaster.jobs.scheduler.Running;
import dev.stationmaster.jobs.scheduler.Scheduler;
import dev.stationmaster.jobs.scheduler.Snapshot;
import dev.stationmaster.jobs.scheduler.VirtualJob;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.HdrHistogram.Histogram;

/**
 * The scheduler beside strict FIFO and plain priorities on one made-up trace in virtual time, and what one decision costs
 * with ever more waiting jobs and lanes. Options: {@code --jobs 50000 --seed 1 --decisions 400 --aging-seconds 3600}. Needs no stores.
 */
final class SchedulerBench {
    private static final Instant NOW = SchedulerTrace.START;

    private final Options options;
    private final Duration agingStep;
    private final StringBuilder out = new StringBuilder();

    private SchedulerBench(Options options) {
        this.options = options;
        this.agingStep = Duration.ofSeconds(options.number("--aging-seconds", 3600));
    }

    static void run(String[] args) throws IOException {
        var options = new Options(args, 0);
        var machine = new Machine(java.util.Set.of());
        Machine.Load before = machine.load();
        var bench = new SchedulerBench(options);
        bench.replays();
        bench.curves();
        System.out.printf(
                Locale.ROOT,
                "%s; foreign load %.0f %%%n%n%s",
                Machine.facts(),
                Machine.foreign(before, machine.load()),
                bench.out);
    }

    private void replays() {
        int seed = options.number("--seed", 1);
        List<VirtualJob> jobs = new SchedulerTrace(seed, agingStep).jobs(options.number("--jobs", 50_000));
        replay(seed, jobs);
        line("The same without priorities: each job has 5.%n");
        replay(seed, jobs.stream().map(SchedulerTrace::withoutPriority).toList());
        line("Share error: of what owners got together in hours that they all waited through, the part that went to the"
                + " wrong ones over the whole trace. Priorities come before shares.%n");
    }

    private void replay(int seed, List<VirtualJob> jobs) {
        Map<String, Function<Snapshot, Decision>> policies = new LinkedHashMap<>();
        policies.put("scheduler", Scheduler::decide);
        policies.put("strict FIFO", PlainPolicies::strictFifo);
        policies.put("plain priority", PlainPolicies::priority);
        line(
                "%,d jobs of 50 users, seed %d, on 6 servers of 32 cores, 8 GPUs; offered load %.0f %%, %.1f days%n",
                jobs.size(),
                seed,
                100 * SchedulerTrace.LOAD,
                jobs.stream()
                                .mapToLong(job ->
                                        Duration.between(NOW, job.arrives()).toSeconds())
                                .max()
                                .orElse(0)
                        / 86_400.0);
        line("| policy | wait p50 / p99, s: priority 8-10 | 4-7 | 1-3 | longest, h | over the bound | share error"
                + " | cores used | preemptions | decision p50 / p99, ms | decisions |");
        line("|---|---|---|---|---|---|---|---|---|---|---|");
        policies.forEach((name, policy) -> {
            var r = new SchedulerReplay(new SchedulerTrace(seed, agingStep), jobs, policy).run();
            line(
                    "| %s | %,.0f / %,.0f | %,.0f / %,.0f | %,.0f / %,.0f | %.1f | %d | %.1f %% (%d h) | %.1f %% | %,d"
                            + " | %.3f / %.3f | %,d |",
                    name,
                    r.wait(8, 10, 50),
                    r.wait(8, 10, 99),
                    r.wait(4, 7, 50),
                    r.wait(4, 7, 99),
                    r.wait(1, 3, 50),
                    r.wait(1, 3, 99),
                    r.longestWait() / 3600,
                    r.overTheBound(),
                    r.shareErrorPercent(),
                    r.sharedHours(),
                    r.utilisationPercent(),
                    r.preemptions(),
                    r.decisionMillis(50),
                    r.decisionMillis(99),
                    r.decisions());
            System.err.println("  replayed: " + name);
        });
        line("");
    }

    private void curves() {
        line("| waiting jobs | lanes | running jobs | one decision, p50 / p99, ms |");
        line("|---|---|---|---|");
        decisions(10_000, 300); // warms up
        out.setLength(out.lastIndexOf("\n", out.length() - 2) + 1);
        for (long waiting = 1_000; waiting <= 1_000_000; waiting *= 10) {
            decisions(waiting, 300);
        }
        for (int lanes : new int[] {30, 3_000}) {
            decisions(1_000_000, lanes);
        }
    }

    private void decisions(long waiting, int lanes) {
        Snapshot snapshot = crowded(waiting, lanes);
        var nanos = new Histogram(3);
        int rounds = options.number("--decisions", 400);
        for (int i = 0; i < rounds; i++) {
            long from = System.nanoTime();
            Decision decision = Scheduler.decide(snapshot);
            nanos.recordValue(System.nanoTime() - from);
            if (decision.starts().isEmpty()) {
                throw new IllegalStateException("The snapshot has room for somebody.");
            }
        }
        line(
                "| %,d | %,d | %,d | %.3f / %.3f |",
                waiting,
                lanes,
                snapshot.running().size(),
                nanos.getValueAtPercentile(50) / 1e6,
                nanos.getValueAtPercentile(99) / 1e6);
    }

    /** Full machines but for four cores; everybody waits. */
    private static Snapshot crowded(long waiting, int lanes) {
        Map<UUID, OwnerSpec> owners = new HashMap<>();
        List<Lane> all = new ArrayList<>();
        for (int i = 0; i < lanes; i++) {
            UUID owner = new UUID(0, i % 50);
            owners.put(owner, new OwnerSpec(owner, 1 + i % 3, Amounts.NO_LIMIT, Map.of(), i % 50 / 100.0));
            var resources = new Resources(1000L * (1 + i % 4), 1L << 30, 0, 0);
            var key = new Lane.Key("default", owner, i, "process", 1 + i % 10, resources, 1, 1);
            List<Lane.Head> heads = new ArrayList<>();
            long length = waiting / lanes;
            for (int k = 0; k < Math.min(16, Math.max(1, length)); k++) {
                heads.add(new Lane.Head(new UUID(i, k), NOW.minusSeconds(600 - k)));
            }
            all.add(new Lane(key, heads, Math.max(1, length), null));
        }
        List<Node> nodes = new ArrayList<>();
        List<Running> running = new ArrayList<>();
        for (int n = 0; n < 6; n++) {
            var capacity = new Amounts(32_000, 128L << 30, 0, 1L << 40, 64);
            int jobs = n == 0 ? 28 : 32;
            var used = new Amounts(1000L * jobs, (long) jobs << 30, 0, 0, jobs);
            nodes.add(new Node("node-" + n, "process", capacity, capacity.minus(used)));
            for (int i = 0; i < jobs; i++) {
                Lane.Key key = all.get((n * 31 + i) % lanes).key();
                var one = new Lane.Key(
                        "default", key.owner(), 1, "process", 1 + i % 10, new Resources(1000, 1L << 30, 0, 0), 1, 1);
                running.add(new Running(
                        new UUID(8, n * 100 + i),
                        one,
                        Map.of("node-" + n, 1),
                        NOW.minusSeconds(60L * i),
                        true,
                        Duration.ofMinutes(10),
                        null));
            }
        }
        var rules = new Snapshot.Rules(Duration.ofHours(1), Duration.ofMinutes(5), 256, true);
        return new Snapshot(NOW, rules, nodes, Map.of("default", QueueSpec.open("default")), owners, all, running);
    }

    private void line(String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
