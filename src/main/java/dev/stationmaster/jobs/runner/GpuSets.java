package dev.stationmaster.jobs.runner;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.stationmaster.jobs.runner.gpu.GpuDevice;
import dev.stationmaster.jobs.runner.gpu.GpuState;
import dev.stationmaster.jobs.runner.gpu.GpuWatch;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which GPUs each attempt may use: whole devices that are well, nobody's else at the same time. Bound to the runner's
 * event loop.
 */
public final class GpuSets {
    /** The reason with which an attempt is refused that is to wait. */
    public static final String IN_USE = "gpus_in_use";
    /** What CUDA programs look at; containers get the devices themselves. */
    static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

    private record Given(UUID job, List<String> ids) {}

    private final GpuWatch watch;
    private final Map<Object, Given> given = new LinkedHashMap<>();
    private final Map<String, Long> cameBack = new HashMap<>();
    private long returns;

    public GpuSets(GpuWatch watch) {
        this.watch = watch;
    }

    /** Fails with {@link LaunchException} when so many are not free. Those that came back last are given last. */
    @CanIgnoreReturnValue
    public List<String> take(Object attempt, UUID job, int wanted) {
        List<String> free = watch.devices().stream()
                .filter(d -> d.fault() == null && holder(d.id()) == null)
                .sorted(Comparator.comparingLong(d -> cameBack.getOrDefault(d.id(), 0L)))
                .map(GpuDevice::id)
                .toList();
        if (wanted > free.size()) {
            throw new LaunchException(
                    IN_USE, "It asks for " + wanted + " GPU, and " + free.size() + " are free on this runner.");
        }
        List<String> chosen = free.subList(0, wanted);
        given.put(attempt, new Given(job, List.copyOf(chosen)));
        return chosen;
    }

    /** Those that the attempt has had since before this process began. */
    public void claim(Object attempt, UUID job, List<String> devices) {
        given.putIfAbsent(attempt, new Given(job, List.copyOf(devices)));
    }

    /** Those that came back are given away last: a fault shows on one and not on all. */
    public void giveBack(Object attempt) {
        Given back = given.remove(attempt);
        if (back != null) {
            back.ids().forEach(id -> cameBack.put(id, ++returns));
        }
    }

    private @Nullable UUID holder(String id) {
        return given.values().stream()
                .filter(g -> g.ids().contains(id))
                .map(Given::job)
                .findFirst()
                .orElse(null);
    }

    /** How many may be given away, in use or not. */
    public int inService() {
        return watch.inService();
    }

    /** All, and who has them; null: not known yet. */
    public @Nullable List<GpuState> states() {
        return watch.known()
                ? watch.devices().stream()
                        .map(d -> new GpuState(d, holder(d.id())))
                        .toList()
                : null;
    }

    /** The environment in which a program sees its own GPUs and no others; nothing to say where there are none. */
    Map<String, String> env(Object attempt) {
        if (watch.known() && watch.devices().isEmpty()) {
            return Map.of();
        }
        Given has = given.get(attempt);
        return Map.of(VISIBLE, has == null ? "" : String.join(",", has.ids()));
    }
}
