package dev.stationmaster;

import com.sun.management.OperatingSystemMXBean;
import dev.stationmaster.jobs.runner.GpuSets;
import dev.stationmaster.jobs.runner.Resources;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What this machine has. Blocking; used while starting. */
final class ThisMachine {
    private static final Logger LOG = LoggerFactory.getLogger(ThisMachine.class);
    private static final double MEMORY_SHARE = 0.8;
    private static final long MIB = 1L << 20;
    private static final long SMI_SECONDS = 5;

    private ThisMachine() {}

    /** What the process runner may give away, as set or as found. */
    static Resources capacity(RunnerSettings settings, int gpus, Path dataDir) {
        var os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long cpu = settings.processCpuMillis() >= 0
                ? settings.processCpuMillis()
                : Runtime.getRuntime().availableProcessors() * 1000L;
        long memory = settings.processMemoryBytes() >= 0
                ? settings.processMemoryBytes()
                : (long) (os.getTotalMemorySize() * MEMORY_SHARE) / MIB * MIB;
        return new Resources(cpu, memory, gpus, disk(dataDir));
    }

    private static long disk(Path dataDir) {
        try {
            return Files.getFileStore(dataDir).getTotalSpace() / MIB * MIB;
        } catch (IOException e) {
            LOG.warn("The size of the disk is unknown: {}", e.toString());
            return 0;
        }
    }

    /** What the process runner may give away: as many as set, by number; else as found, by UUID. */
    static List<String> gpus(RunnerSettings settings) {
        return settings.processGpus() >= 0 ? GpuSets.numbered(settings.processGpus()) : gpus();
    }

    /** UUIDs as {@code nvidia-smi -L} lists them; none where there is no driver. A hung driver does not hold us up. */
    private static List<String> gpus() {
        try {
            Process smi = new ProcessBuilder("nvidia-smi", "-L")
                    .redirectErrorStream(true)
                    .start();
            if (!smi.waitFor(SMI_SECONDS, TimeUnit.SECONDS)) {
                smi.destroyForcibly();
                LOG.warn("nvidia-smi does not answer; no GPUs are offered. Set runners.process_gpus to say how many.");
                return List.of();
            }
            String text = new String(smi.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return smi.exitValue() == 0 ? uuids(text) : List.of();
        } catch (IOException e) {
            return List.of(); // no such program: no NVIDIA driver
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    /** Of lines such as {@code GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-4d0e…)}; those of MIG slices are indented. */
    static List<String> uuids(String list) {
        return list.lines()
                .filter(line -> line.startsWith("GPU "))
                .map(line -> {
                    int at = line.indexOf("(UUID: ");
                    int end = line.indexOf(')', Math.max(0, at));
                    return at < 0 || end < 0
                            ? line.substring("GPU ".length(), line.indexOf(':'))
                            : line.substring(at + "(UUID: ".length(), end);
                })
                .toList();
    }

    static String name() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
