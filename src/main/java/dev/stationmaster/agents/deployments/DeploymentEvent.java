package dev.stationmaster.agents.deployments;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Something that happened to a deployment, for people. The kinds are stable. */
record DeploymentEvent(
        String kind,
        @Nullable Integer revision,
        @Nullable UUID replicaId,
        @Nullable UUID jobId,
        String message) {
    static final String REPLICA_STARTED = "replica_started";
    static final String REPLICA_HEALTHY = "replica_healthy";
    static final String REPLICA_UNHEALTHY = "replica_unhealthy";
    static final String REPLICA_EXITED = "replica_exited";
    static final String REPLICA_RESTARTED = "replica_restarted";
    static final String REPLICA_DRAINED = "replica_drained";
    static final String ROLLOUT_STARTED = "rollout_started";
    static final String ROLLOUT_DONE = "rollout_done";
    static final String ROLLOUT_FAILED = "rollout_failed";
    static final String ROLLED_BACK = "rolled_back";
    static final String SCALED = "scaled";
    static final String STOPPED = "stopped";

    static DeploymentEvent of(String kind, Replica r, String message) {
        return new DeploymentEvent(kind, r.template(), r.id(), r.jobId(), message);
    }

    static DeploymentEvent of(String kind, int revision, String message) {
        return new DeploymentEvent(kind, revision, null, null, message);
    }
}
