package dev.stationmaster.agents.deployments;

import java.util.Locale;

/** Whether a replica whose program has ended is started again. */
enum RestartPolicy {
    ALWAYS,
    ON_FAILURE,
    NEVER;

    boolean restarts(boolean failed) {
        return this == ALWAYS || (this == ON_FAILURE && failed);
    }

    static RestartPolicy of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
