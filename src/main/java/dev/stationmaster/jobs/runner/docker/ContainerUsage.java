package dev.stationmaster.jobs.runner.docker;

import com.github.dockerjava.api.model.MemoryStatsConfig;
import com.github.dockerjava.api.model.Statistics;
import com.github.dockerjava.api.model.StatsConfig;
import dev.stationmaster.jobs.runner.Usage;
import org.jspecify.annotations.Nullable;

/** Turns what the engine counts into usage. Not thread-safe. */
final class ContainerUsage {
    private long lastCpuNanos = -1;
    private long lastAt;

    /** @param at {@code Clock.nanos} of the sample */
    Usage measure(Statistics sample, long at) {
        Long cpu = cpuNanos(sample);
        Double cores = cpu == null || lastCpuNanos < 0 || at <= lastAt
                ? null
                : Double.valueOf(Math.max(0, (double) (cpu - lastCpuNanos) / (at - lastAt)));
        if (cpu != null) {
            lastCpuNanos = cpu;
            lastAt = at;
        }
        return new Usage(cores, memory(sample.getMemoryStats()));
    }

    private static @Nullable Long cpuNanos(Statistics sample) {
        var cpu = sample.getCpuStats();
        var usage = cpu == null ? null : cpu.getCpuUsage();
        return usage == null ? null : usage.getTotalUsage();
    }

    /** Without what the kernel only caches of files, as the docker command counts it. */
    private static @Nullable Long memory(@Nullable MemoryStatsConfig memory) {
        Long all = memory == null ? null : memory.getUsage();
        if (memory == null || all == null || all == 0) { // 0: the engine does not know
            return null;
        }
        StatsConfig stats = memory.getStats();
        Long cached = stats == null
                ? null
                : stats.getInactiveFile() != null ? stats.getInactiveFile() : stats.getTotalInactiveFile();
        return cached == null || cached > all ? all : Long.valueOf(all - cached);
    }
}
