package dev.stationmaster.jobs.runner;

import org.jspecify.annotations.Nullable;

/**
 * What an attempt used, over its whole process group. Null where it could not be measured: absent is not zero.
 *
 * @param cpuCores cores used since the sample before
 * @param memoryBytes resident memory now
 */
public record Usage(@Nullable Double cpuCores, @Nullable Long memoryBytes) {}
