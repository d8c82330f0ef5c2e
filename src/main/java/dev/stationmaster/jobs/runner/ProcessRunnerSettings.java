package dev.stationmaster.jobs.runner;

import dev.stationmaster.jobs.runner.gpu.GpuWatch;
import java.time.Duration;

/**
 * How the process runner works.
 *
 * @param capacity what it offers in all
 * @param gpus which it may give away
 * @param maxLineBytes a longer output line is cut
 * @param maxBatchLines lines handed over at once at most
 * @param sampleEvery time between two measurements of usage
 * @param drain how long an attempt whose processes are all gone may keep its output open without writing
 * @param orphanGrace time that processes left over by a killed server get to end by themselves
 */
public record ProcessRunnerSettings(
        Resources capacity,
        GpuWatch gpus,
        int maxLineBytes,
        int maxBatchLines,
        Duration sampleEvery,
        Duration drain,
        Duration orphanGrace) {
    public ProcessRunnerSettings {
        if (maxLineBytes < 1 || maxBatchLines < 1) {
            throw new IllegalArgumentException("maxLineBytes and maxBatchLines must be positive");
        }
    }

    public static ProcessRunnerSettings defaults(Resources capacity) {
        return new ProcessRunnerSettings(
                capacity,
                GpuWatch.numbered(capacity.gpus(), null),
                64 * 1024,
                1_000,
                Duration.ofSeconds(1),
                Duration.ofMillis(500),
                Duration.ofSeconds(5));
    }
}
