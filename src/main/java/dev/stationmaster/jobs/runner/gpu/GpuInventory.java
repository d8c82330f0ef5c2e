package dev.stationmaster.jobs.runner.gpu;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The GPUs of this machine: by the XML of {@code nvidia-smi}, else by its CSV, else by its list. What does not answer or
 * can't be read is unknown, never none. Blocks; not thread-safe.
 */
public final class GpuInventory {
    private final NvidiaSmi smi;

    /** @param timeout of one call */
    public GpuInventory(String program, Duration timeout) {
        this.smi = new NvidiaSmi(program, timeout);
    }

    public GpuReading read() {
        NvidiaSmi.Answer xml = smi.run("-q", "-x");
        switch (xml.outcome()) {
            case MISSING -> {
                return GpuReading.of(List.of());
            }
            case HUNG -> {
                return GpuReading.failed("nvidia-smi does not answer", "");
            }
            default -> {}
        }
        if (xml.good()) {
            Optional<List<GpuDevice>> read =
                    SmiXml.parse(xml.text(), SmiXml.tellsOfMig(xml.text()) ? list() : List.of());
            if (read.isPresent()) {
                return new GpuReading(read.get(), GpuReading.lostIn(xml.text()), null);
            }
        }
        return csv().or(this::plain)
                .map(devices -> new GpuReading(devices, GpuReading.lostIn(xml.text()), null))
                .orElseGet(() -> GpuReading.failed(firstLine(xml), xml.text()));
    }

    private Optional<List<GpuDevice>> csv() {
        NvidiaSmi.Answer csv = smi.run("--query-gpu=" + SmiCsv.FIELDS, "--format=csv,noheader");
        return csv.good()
                ? SmiCsv.parse(csv.text(), SmiCsv.tellsOfMig(csv.text()) ? list() : List.of())
                : Optional.empty();
    }

    private Optional<List<GpuDevice>> plain() {
        List<GpuDevice> devices =
                list().stream().flatMap(gpu -> gpu.devices().stream()).toList();
        return devices.isEmpty() ? Optional.empty() : Optional.of(devices);
    }

    private List<SmiList.Gpu> list() {
        NvidiaSmi.Answer list = smi.run("-L");
        return list.good() ? SmiList.parse(list.text()) : List.of();
    }

    private static String firstLine(NvidiaSmi.Answer answer) {
        String line = answer.text()
                .lines()
                .map(String::strip)
                .filter(l -> !l.isEmpty())
                .findFirst()
                .orElse("nothing");
        return "nvidia-smi ended with " + answer.exitCode() + ": " + line.substring(0, Math.min(200, line.length()));
    }
}
