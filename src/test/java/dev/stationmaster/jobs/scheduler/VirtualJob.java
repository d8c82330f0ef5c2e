package dev.stationmaster.jobs.scheduler;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * A job of a trace.
 *
 * @param arrives when it is queued
 * @param runs for so long in all, once it was started
 */
public record VirtualJob(
        UUID id, Lane.Key lane, Instant arrives, Duration runs, boolean preemptible, Duration minRuntime) {}
