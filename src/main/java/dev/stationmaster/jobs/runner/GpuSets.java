package dev.stationmaster.jobs.runner;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which GPUs each attempt may use: whole ones, nobody's else at the same time. Bound to the runner's event loop.
 */
public final class GpuSets {
    /** What CUDA programs look at; containers get the devices themselves. */
    static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

    private final boolean none;
    private final Set<String> free;
    private final Map<Object, List<String>> given = new HashMap<>();

    /** @param devices UUIDs or numbers, as {@code nvidia-smi} names them */
    public GpuSets(List<String> devices) {
        none = devices.isEmpty();
        free = new LinkedHashSet<>(devices);
    }

    /** Fails with {@link LaunchException} when so many are not free. */
    @CanIgnoreReturnValue
    public List<String> take(Object attempt, int wanted) {
        if (wanted > free.size()) {
            throw new LaunchException(
                    "gpus_in_use", "It asks for " + wanted + " GPU, and " + free.size() + " are free on this runner.");
        }
        List<String> chosen = free.stream().limit(wanted).toList();
        chosen.forEach(free::remove);
        given.put(attempt, chosen);
        return chosen;
    }

    /** Those that the attempt has had since before this process began. */
    public void claim(Object attempt, List<String> devices) {
        if (given.putIfAbsent(attempt, List.copyOf(devices)) == null) {
            devices.forEach(free::remove);
        }
    }

    /** Those that came back are given away last: a fault shows on one and not on all. */
    public void giveBack(Object attempt) {
        free.addAll(given.getOrDefault(attempt, new ArrayList<>()));
        given.remove(attempt);
    }

    /** The environment in which a program sees its own GPUs and no others; nothing to say where there are none. */
    Map<String, String> env(Object attempt) {
        return none ? Map.of() : Map.of(VISIBLE, String.join(",", given.getOrDefault(attempt, List.of())));
    }

    /** By number, where nothing more is known of them. */
    public static List<String> numbered(int count) {
        var numbers = new ArrayList<String>(count);
        for (int i = 0; i < count; i++) {
            numbers.add(Integer.toString(i));
        }
        return List.copyOf(numbers);
    }
}
