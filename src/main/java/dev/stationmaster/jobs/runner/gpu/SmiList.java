package dev.stationmaster.jobs.runner.gpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code nvidia-smi -L}, the only form that tells UUIDs and profiles of MIG devices. It tells nothing of health. */
final class SmiList {
    private static final Pattern GPU = Pattern.compile("GPU (\\d{1,4}): (.*?)(?: \\(UUID: ([^)]+)\\))?\\s*");
    private static final Pattern MIG =
            Pattern.compile("\\s+MIG (\\S+)\\s+Device\\s+(\\d{1,4}):(?: \\(UUID: ([^)]+)\\))?\\s*");

    record Slice(int index, String profile, String uuid) {}

    record Gpu(int index, String name, @Nullable String uuid, List<Slice> slices) {
        List<GpuDevice> devices() {
            return slices.isEmpty()
                    ? List.of(new GpuDevice(
                            uuid == null ? Integer.toString(index) : uuid, index, null, name, null, null, null))
                    : slices.stream()
                            .map(s -> new GpuDevice(s.uuid(), index, null, name, null, s.profile(), null))
                            .toList();
        }
    }

    private SmiList() {}

    static List<Gpu> parse(String text) {
        var gpus = new ArrayList<Gpu>();
        text.lines().forEach(line -> {
            Matcher gpu = GPU.matcher(line);
            Matcher mig = MIG.matcher(line);
            if (gpu.matches()) {
                gpus.add(new Gpu(Integer.parseInt(gpu.group(1)), gpu.group(2), gpu.group(3), new ArrayList<>()));
            } else if (mig.matches() && mig.group(3) != null && !gpus.isEmpty()) {
                gpus.get(gpus.size() - 1)
                        .slices()
                        .add(new Slice(Integer.parseInt(mig.group(2)), mig.group(1), mig.group(3)));
            }
        });
        return gpus;
    }

    static Optional<Gpu> find(List<Gpu> list, @Nullable String uuid) {
        return list.stream()
                .filter(gpu -> uuid != null && uuid.equals(gpu.uuid()))
                .findFirst();
    }
}
