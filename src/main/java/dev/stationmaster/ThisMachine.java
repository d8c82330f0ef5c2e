package dev.stationmaster;

import com.sun.management.OperatingSystemMXBean;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.gpu.GpuInventory;
import dev.stationmaster.jobs.runner.gpu.GpuWatch;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What this machine has. Blocking; used while starting. */
final class ThisMachine {
    private static final Logger LOG = LoggerFactory.getLogger(ThisMachine.class);
    private static final double MEMORY_SHARE = 0.8;
    private static final long MIB = 1L << 20;
    private static final Duration SMI_TIMEOUT = Duration.ofSeconds(10);

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

    /** What the process runner may give away: as many as set, by number; else as found, by UUID. Has looked once. */
    static GpuWatch gpus(RunnerSettings settings) {
        GpuInventory inventory = inventory(settings);
        GpuWatch watch = settings.processGpus() >= 0
                ? GpuWatch.numbered(settings.processGpus(), inventory)
                : GpuWatch.found(inventory);
        watch.look();
        if (!watch.known()) {
            LOG.warn("No GPUs are offered until nvidia-smi answers. Set runners.process_gpus to say how many.");
        }
        return watch;
    }

    /** Those of the container engine, by number; their faults are seen where the engine is on this machine. */
    static GpuWatch engineGpus(RunnerSettings settings) {
        boolean here = settings.docker().host().map(h -> h.startsWith("unix:")).orElse(true);
        var watch = GpuWatch.numbered(settings.docker().capacity().gpus(), here ? inventory(settings) : null);
        watch.look();
        return watch;
    }

    private static GpuInventory inventory(RunnerSettings settings) {
        return new GpuInventory(settings.gpus().program(), SMI_TIMEOUT);
    }

    static String name() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
