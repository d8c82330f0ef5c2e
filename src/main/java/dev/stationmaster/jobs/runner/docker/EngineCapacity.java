package dev.stationmaster.jobs.runner.docker;

import com.github.dockerjava.api.model.Info;
import dev.stationmaster.jobs.runner.Resources;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an engine's machine may give away: as set, else as the engine says. Blocks. */
final class EngineCapacity {
    private static final Logger LOG = LoggerFactory.getLogger(EngineCapacity.class);
    private static final double MEMORY_SHARE = 0.8;
    private static final long MIB = 1L << 20;

    private EngineCapacity() {}

    static Resources of(DockerEngine engine, DockerSettings settings, Resources fallback) {
        Resources set = settings.capacity();
        if (set.cpuMillis() >= 0 && set.memoryBytes() >= 0) {
            return set;
        }
        Resources found = fallback;
        try {
            Info info = engine.info();
            Integer cpus = info.getNCPU();
            Long memory = info.getMemTotal();
            found = new Resources(
                    cpus == null ? fallback.cpuMillis() : cpus * 1000L,
                    memory == null ? fallback.memoryBytes() : (long) (memory * MEMORY_SHARE) / MIB * MIB,
                    0,
                    fallback.storageBytes());
        } catch (RuntimeException e) {
            LOG.warn("The container engine does not say what it has; this machine's size is taken: {}", e.toString());
        }
        return new Resources(
                set.cpuMillis() >= 0 ? set.cpuMillis() : found.cpuMillis(),
                set.memoryBytes() >= 0 ? set.memoryBytes() : found.memoryBytes(),
                set.gpus(),
                found.storageBytes());
    }
}
