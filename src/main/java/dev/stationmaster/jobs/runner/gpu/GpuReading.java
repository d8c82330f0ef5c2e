package dev.stationmaster.jobs.runner.gpu;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One look at the GPUs of a machine.
 *
 * @param devices null: the look failed, which says nothing of what there is
 * @param lost what was said of GPUs that can't be reached, by PCI address without domain
 * @param problem why the look failed, or null
 */
public record GpuReading(
        @Nullable List<GpuDevice> devices,
        Map<String, String> lost,
        @Nullable String problem) {
    private static final Pattern HANDLE =
            Pattern.compile("device handle for GPU ?[0-9A-Fa-f]+:([0-9A-Fa-f]+:[0-9A-Fa-f]+\\.[0-9A-Fa-f]+): *(.*)");

    public GpuReading {
        devices = devices == null ? null : List.copyOf(devices);
        lost = Map.copyOf(lost);
    }

    public static GpuReading of(List<GpuDevice> devices) {
        return new GpuReading(devices, Map.of(), null);
    }

    static GpuReading failed(String problem, String said) {
        return new GpuReading(null, lostIn(said), problem);
    }

    /** Of lines such as {@code Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost. …} */
    static Map<String, String> lostIn(String said) {
        return said.lines()
                .map(HANDLE::matcher)
                .filter(Matcher::find)
                .collect(Collectors.toMap(
                        m -> m.group(1).toUpperCase(Locale.ROOT),
                        m -> m.group(2).strip(),
                        (first, second) -> first));
    }

    /** What was said of this one's GPU, if it can't be reached. */
    Optional<String> lost(GpuDevice device) {
        String bus = device.bus();
        return bus == null
                ? Optional.empty()
                : Optional.ofNullable(
                        lost.get(bus.substring(bus.indexOf(':') + 1).toUpperCase(Locale.ROOT)));
    }
}
