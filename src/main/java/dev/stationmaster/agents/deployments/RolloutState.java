package dev.stationmaster.agents.deployments;

import java.util.Locale;

/** What became of a revision. */
enum RolloutState {
    ROLLING,
    /** All replicas are of this revision, and healthy. */
    HEALTHY,
    /** It did not get healthy in time, or crashed again and again. */
    FAILED,
    /** A later one took its place. */
    SUPERSEDED,
    STOPPED;

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static RolloutState of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
