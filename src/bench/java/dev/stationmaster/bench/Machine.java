package dev.stationmaster.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** CPU time and memory of processes, and how much of the machine others use meanwhile. Linux only: reads /proc. */
final class Machine {
    static final double MICROS_A_TICK = 10_000; // Linux counts CPU time in 1/100 s for everybody
    private static final double MAX_FOREIGN_PERCENT = 12;
    private static final int PATIENCE_SECONDS = 10;

    /** Time of the whole machine, of our processes, and what all cores could have given, in ticks. */
    record Load(long busy, long ours, long capacity) {}

    private record Stat(long parent, long own, long reaped) {}

    private final Set<Long> roots = new HashSet<>();

    /** @param stores further processes that belong to the benchmark, such as PostgreSQL's main process */
    Machine(Set<Long> stores) {
        roots.add(ProcessHandle.current().pid());
        roots.addAll(stores);
    }

    Load load() throws IOException {
        long[] t = Arrays.stream(
                        Files.readAllLines(Path.of("/proc/stat")).get(0).trim().split(" +"))
                .skip(1)
                .limit(8)
                .mapToLong(Long::parseLong)
                .toArray();
        long all = Arrays.stream(t).sum();
        Map<Long, Stat> stats = stats();
        long ours = tree(stats, roots).stream()
                .mapToLong(pid -> stats.get(pid).own() + stats.get(pid).reaped())
                .sum();
        return new Load(all - t[3] - t[4], ours, all);
    }

    /** Percent of the machine that others used between the two. */
    static double foreign(Load before, Load after) {
        double others = (after.busy() - before.busy()) - (double) (after.ours() - before.ours());
        return Math.max(0, others * 100 / Math.max(1, after.capacity() - before.capacity()));
    }

    /** Waits a while for others to be idle; goes on in any case, because the load is printed. */
    void quiet() throws IOException {
        for (int i = 0; i < PATIENCE_SECONDS; i++) {
            Load before = load();
            pause(1);
            if (foreign(before, load()) <= MAX_FOREIGN_PERCENT) {
                return;
            }
        }
    }

    /** CPU time of a process and its living descendants. */
    static long ticks(long pid) throws IOException {
        Map<Long, Stat> stats = stats();
        return tree(stats, Set.of(pid)).stream()
                .mapToLong(p -> stats.get(p).own())
                .sum();
    }

    static double rssMib(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
                .sum();
    }

    /** Proportional set size, so that memory shared by PostgreSQL's processes counts once. */
    static double treePssMib(long pid) throws IOException {
        double sum = 0;
        for (long p : tree(stats(), Set.of(pid))) {
            Path rollup = Path.of("/proc", Long.toString(p), "smaps_rollup");
            if (!Files.exists(rollup)) {
                continue; // it ended meanwhile
            }
            sum += Files.readAllLines(rollup).stream()
                    .filter(line -> line.startsWith("Pss:"))
                    .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
                    .sum();
        }
        return sum;
    }

    static long parent(long pid) throws IOException {
        Stat stat = stats().get(pid);
        return stat == null ? -1 : stat.parent();
    }

    private static Map<Long, Stat> stats() throws IOException {
        var stats = new HashMap<Long, Stat>();
        try (var folders = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path folder : folders) {
                try {
                    String text = Files.readString(folder.resolve("stat"));
                    String[] f = text.substring(text.lastIndexOf(')') + 2).split(" ");
                    stats.put(
                            Long.valueOf(folder.getFileName().toString()),
                            new Stat(
                                    Long.parseLong(f[1]),
                                    Long.parseLong(f[11]) + Long.parseLong(f[12]),
                                    Long.parseLong(f[13]) + Long.parseLong(f[14])));
                } catch (IOException ended) {
                    stats.remove(Long.valueOf(folder.getFileName().toString()));
                }
            }
        }
        return stats;
    }

    private static Set<Long> tree(Map<Long, Stat> stats, Set<Long> from) {
        var found = new HashSet<>(from);
        found.retainAll(stats.keySet());
        boolean grew = true;
        while (grew) {
            grew = false;
            for (var entry : stats.entrySet()) {
                if (found.contains(entry.getValue().parent()) && found.add(entry.getKey())) {
                    grew = true;
                }
            }
        }
        return found;
    }

    static void pause(double seconds) {
        long end = System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    static String facts() throws IOException {
        String cpu = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .findFirst()
                .map(line -> line.substring(line.indexOf(':') + 2))
                .orElse("unknown CPU");
        return String.format(
                Locale.ROOT,
                "%s, %d cores, %s %s, Java %s (%s)",
                cpu,
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                Runtime.version(),
                System.getProperty("java.vm.vendor"));
    }
}
