package dev.stationmaster.jobs.runner;

import org.jspecify.annotations.Nullable;

/**
 * A service turned healthy or unhealthy, or is reached elsewhere.
 *
 * @param healthy null: not decided yet
 * @param address host and port where it is reached from its server; null: it has none
 */
public record HealthReport(
        @Nullable Boolean healthy, String message, @Nullable String address) {}
