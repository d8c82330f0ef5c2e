package dev.stationmaster.agents.deployments;

import java.time.Duration;

/** The pause before a replica is started again: 1 s after the first failure, doubled with each in a row, at most 5 min. */
final class Backoff {
    static final Duration FIRST = Duration.ofSeconds(1);
    static final Duration MOST = Duration.ofMinutes(5);
    /** Whoever was healthy for so long fails for the first time again. */
    static final Duration FORGIVEN = Duration.ofMinutes(10);

    private static final int MAX_SHIFT = 20;

    private Backoff() {}

    /** @param failures in a row, this one included */
    static Duration pause(int failures) {
        Duration doubled = FIRST.multipliedBy(1L << Math.min(MAX_SHIFT, Math.max(0, failures - 1)));
        return doubled.compareTo(MOST) < 0 ? doubled : MOST;
    }
}
