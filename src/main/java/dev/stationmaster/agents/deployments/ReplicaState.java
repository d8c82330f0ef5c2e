package dev.stationmaster.agents.deployments;

import java.util.List;
import java.util.Locale;

/** What a replica is doing. */
enum ReplicaState {
    /** Its job is about to be submitted, or waits for a machine. */
    PENDING,
    /** Its program runs; its health is not known yet. */
    STARTING,
    HEALTHY,
    /** Its check failed: it is being stopped, to be started again. */
    UNHEALTHY,
    /** It failed and will be started again soon. */
    RESTARTING,
    /** The same after more than one failure in a row. */
    CRASH_LOOP,
    /** It is not wanted any more and being stopped. */
    DRAINING,
    /** Its program has ended, and the restart policy leaves it at that. */
    EXITED;

    /** Whether it waits for the moment to submit a job. */
    boolean waits() {
        return this == PENDING || this == RESTARTING || this == CRASH_LOOP;
    }

    /** Whether its job is to end. */
    boolean stops() {
        return this == DRAINING || this == UNHEALTHY;
    }

    static List<ReplicaState> all() {
        return List.of(values());
    }

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static ReplicaState of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
