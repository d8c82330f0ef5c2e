package dev.stationmaster.agents.deployments;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The states of a deployment. {@link #TRANSITIONS} is the whole state machine. */
enum DeploymentState {
    ACTIVE,
    /** All replicas are being drained. */
    STOPPING,
    STOPPED;

    private static final Map<DeploymentState, Set<DeploymentState>> TRANSITIONS = new EnumMap<>(Map.of(
            ACTIVE, EnumSet.of(ACTIVE, STOPPING),
            STOPPING, EnumSet.of(ACTIVE, STOPPED),
            STOPPED, EnumSet.of(ACTIVE)));

    boolean mayBecome(DeploymentState next) {
        return TRANSITIONS.getOrDefault(this, Set.of()).contains(next);
    }

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static DeploymentState of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
