package dev.stationmaster.agents.deployments;

import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;

/**
 * What an agent's deployment shall be.
 *
 * @param revision the one that it is, or is becoming
 * @param replicas how many of them
 * @param restarts of all replicas so far
 * @param version rises with each change of it or of its replicas
 */
record Deployment(
        long agentId,
        UUID ownerId,
        String owner,
        DeploymentState state,
        int revision,
        int replicas,
        long restarts,
        long version,
        OffsetDateTime createdAt,
        OffsetDateTime updatedAt) {

    /** For audit entries. */
    JsonObject brief() {
        return new JsonObject()
                .put("state", state.wireName())
                .put("revision", revision)
                .put("replicas", replicas);
    }
}
