package dev.stationmaster.agents.deployments;

import io.vertx.core.json.JsonObject;
import java.time.Duration;

/** What a revision says beside the agent's version, as it is stored and answered. */
record DeploymentSpec(JsonObject json) {
    RestartPolicy restartPolicy() {
        return RestartPolicy.of(json.getString("restart_policy"));
    }

    int maxSurge() {
        return rolling().getInteger("max_surge");
    }

    int maxUnavailable() {
        return rolling().getInteger("max_unavailable");
    }

    /** So long may a rollout be without progress. */
    Duration healthyWithin() {
        return Duration.ofSeconds(rolling().getLong("healthy_within_seconds"));
    }

    boolean hasCheck() {
        return json.getJsonObject("health_check") != null;
    }

    String queue() {
        return json.getString("queue");
    }

    int priority() {
        return json.getInteger("priority");
    }

    /** What the runner needs to know. */
    JsonObject service() {
        return new JsonObject()
                .put("port", json.getInteger("port"))
                .put("health_check", json.getJsonObject("health_check"));
    }

    private JsonObject rolling() {
        return json.getJsonObject("rolling_update");
    }
}
