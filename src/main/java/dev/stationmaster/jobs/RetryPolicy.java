package dev.stationmaster.jobs;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * Exponential backoff with jitter: {@code first * 2^(failures-1)}, at most {@code max}, times 0.8 to 1.2. The jitter
 * keeps jobs that failed together from coming back together.
 */
record RetryPolicy(Duration first, Duration max, DoubleSupplier random) {
    private static final double JITTER = 0.2;

    /** With the pauses that a job wishes. */
    RetryPolicy with(RetryRules rules) {
        Duration f = rules.first() == null ? first : rules.first();
        Duration m = rules.max() == null ? max : rules.max();
        return new RetryPolicy(f, m.compareTo(f) < 0 ? f : m, random);
    }

    /** @param failures failed attempts so far, at least 1 */
    Duration pause(int failures) {
        double factor = Math.pow(2, Math.min(30, Math.max(0, failures - 1)));
        double millis = Math.min((double) max.toMillis(), first.toMillis() * factor);
        return Duration.ofMillis(Math.round(millis * (1 - JITTER + 2 * JITTER * random.getAsDouble())));
    }
}
