package dev.stationmaster.jobs.runner;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Which cores each attempt may use: as many whole cores as it asked for, rounded up, those that were given away least.
 * That is the CPU limit where there is no container: a program can't take more cores than it asked for, and programs such
 * as a JVM see only theirs. Bound to the runner's event loop.
 */
final class CpuSets {
    private final List<Integer> cores;
    private final Map<Integer, Integer> users = new HashMap<>();
    private final Map<Object, List<Integer>> given = new HashMap<>();

    /** @param cores numbers of the cores that this process may use; none: unknown, nothing is limited */
    CpuSets(List<Integer> cores) {
        this.cores = List.copyOf(cores);
    }

    /** Core numbers as {@code taskset} takes them; empty when it may use all there are. */
    Optional<String> take(Object attempt, long cpuMillis) {
        int wanted = (int) Math.max(1, Math.min(cores.size(), (cpuMillis + 999) / 1000));
        if (wanted >= cores.size()) {
            return Optional.empty();
        }
        List<Integer> chosen = cores.stream()
                .sorted(Comparator.comparingInt(core -> users.getOrDefault(core, 0)))
                .limit(wanted)
                .toList();
        chosen.forEach(core -> users.merge(core, 1, Integer::sum));
        given.put(attempt, chosen);
        return Optional.of(chosen.stream().map(String::valueOf).collect(Collectors.joining(",")));
    }

    void giveBack(Object attempt) {
        List<Integer> chosen = given.remove(attempt);
        if (chosen != null) {
            chosen.forEach(core -> users.merge(core, -1, Integer::sum));
        }
    }

    /** Reads the form {@code 0-3,8}, as in {@code Cpus_allowed_list} of {@code /proc/self/status}. */
    static List<Integer> parse(String list) {
        return Arrays.stream(list.strip().split(","))
                .flatMap(part -> {
                    String[] ends = part.split("-");
                    int from = Integer.parseInt(ends[0].strip());
                    return IntStream.rangeClosed(from, Integer.parseInt(ends[ends.length - 1].strip()))
                            .boxed();
                })
                .toList();
    }
}
