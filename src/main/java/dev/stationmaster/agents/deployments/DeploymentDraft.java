package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A deployment as somebody wants it, every default filled in; read out of a body that fits the contract. */
record DeploymentDraft(@Nullable String version, int replicas, DeploymentSpec spec) {
    static DeploymentDraft read(JsonObject body) {
        return new DeploymentDraft(
                body.getString("version"),
                body.getInteger("replicas", 1),
                new DeploymentSpec(new JsonObject()
                        .put("port", body.getInteger("port"))
                        .put("health_check", check(body.getJsonObject("health_check")))
                        .put("restart_policy", body.getString("restart_policy", "always"))
                        .put("rolling_update", rolling(body.getJsonObject("rolling_update", new JsonObject())))
                        .put("queue", body.getString("queue", "default"))
                        .put("priority", body.getInteger("priority", 5))
                        .put("resource_requirements", body.getJsonObject("resource_requirements"))));
    }

    private static JsonObject rolling(JsonObject asked) {
        int surge = asked.getInteger("max_surge", 1);
        int unavailable = asked.getInteger("max_unavailable", 0);
        if (surge == 0 && unavailable == 0) {
            throw invalid(
                    "/rolling_update", "max_surge and max_unavailable can't both be 0: nothing could be replaced");
        }
        return new JsonObject()
                .put("max_surge", surge)
                .put("max_unavailable", unavailable)
                .put("healthy_within_seconds", asked.getInteger("healthy_within_seconds", 300));
    }

    private static @Nullable JsonObject check(@Nullable JsonObject asked) {
        if (asked == null) {
            return null;
        }
        String type = asked.getString("type");
        if ("command".equals(type) != asked.containsKey("command")) {
            throw invalid("/health_check/command", "a command belongs to the type command, and that needs it");
        }
        if (asked.containsKey("path") && !"http".equals(type)) {
            throw invalid("/health_check/path", "a path belongs to the type http");
        }
        var check = new JsonObject().put("type", type);
        if ("http".equals(type)) {
            check.put("path", asked.getString("path", "/"));
        }
        if ("command".equals(type)) {
            check.put("command", asked.getJsonArray("command"));
        }
        return check.put("interval_seconds", asked.getValue("interval_seconds", 10))
                .put("timeout_seconds", asked.getValue("timeout_seconds", 2))
                .put("failure_threshold", asked.getInteger("failure_threshold", 3))
                .put("success_threshold", asked.getInteger("success_threshold", 1))
                .put("initial_delay_seconds", asked.getValue("initial_delay_seconds", 0));
    }

    private static ApiException invalid(String pointer, String problem) {
        return new ApiException(
                ErrorCode.INVALID_FIELD, pointer + ": " + problem + ".", List.of(new FieldError(pointer, problem)));
    }
}
