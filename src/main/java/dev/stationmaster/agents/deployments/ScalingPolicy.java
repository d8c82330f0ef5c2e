package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the replicas of an agent are scaled.
 *
 * @param spec every default filled in
 * @param scaledAt when it last changed their number
 */
record ScalingPolicy(
        long agentId,
        JsonObject spec,
        long version,
        @Nullable OffsetDateTime evaluatedAt,
        @Nullable OffsetDateTime scaledAt,
        String updatedBy,
        OffsetDateTime updatedAt) {

    /** Reads a body that fits the contract. */
    static JsonObject read(JsonObject body) {
        ScalingMetric metric = ScalingMetric.of(body.getString("metric"));
        if (body.getInteger("min") > body.getInteger("max")) {
            throw invalid("/min", "is more than max");
        }
        if (body.getInteger("min") == 0 && metric != ScalingMetric.QUEUE_LENGTH) {
            throw invalid("/min", "without a replica only the queue_length is known; 1 is the least for this metric");
        }
        if ((metric == ScalingMetric.CUSTOM) != body.containsKey("metric_name")) {
            throw invalid("/metric_name", "a name belongs to the metric custom, and that needs it");
        }
        if (body.containsKey("queue") && metric != ScalingMetric.QUEUE_LENGTH) {
            throw invalid("/queue", "a queue belongs to the metric queue_length");
        }
        return new JsonObject()
                .put("min", body.getInteger("min"))
                .put("max", body.getInteger("max"))
                .put("metric", metric.wireName())
                .put("metric_name", body.getString("metric_name"))
                .put("queue", metric == ScalingMetric.QUEUE_LENGTH ? body.getString("queue", "default") : null)
                .put("target", body.getDouble("target"))
                .put("stabilization_up_seconds", body.getInteger("stabilization_up_seconds", 0))
                .put("stabilization_down_seconds", body.getInteger("stabilization_down_seconds", 300))
                .put("step_up", body.getInteger("step_up"))
                .put("step_down", body.getInteger("step_down"))
                .put("cooldown_seconds", body.getInteger("cooldown_seconds", 0))
                .put("enabled", body.getBoolean("enabled", true));
    }

    private static ApiException invalid(String pointer, String problem) {
        return new ApiException(
                ErrorCode.INVALID_FIELD, pointer + ": " + problem + ".", List.of(new FieldError(pointer, problem)));
    }

    int min() {
        return spec.getInteger("min");
    }

    int max() {
        return spec.getInteger("max");
    }

    ScalingMetric metric() {
        return ScalingMetric.of(spec.getString("metric"));
    }

    double target() {
        return spec.getDouble("target");
    }

    Duration upWindow() {
        return Duration.ofSeconds(spec.getLong("stabilization_up_seconds"));
    }

    Duration downWindow() {
        return Duration.ofSeconds(spec.getLong("stabilization_down_seconds"));
    }

    /** As far back as anything is looked at. */
    Duration longestWindow() {
        return upWindow().compareTo(downWindow()) > 0 ? upWindow() : downWindow();
    }

    int stepUp() {
        return spec.getInteger("step_up") == null ? Integer.MAX_VALUE : spec.getInteger("step_up");
    }

    int stepDown() {
        return spec.getInteger("step_down") == null ? Integer.MAX_VALUE : spec.getInteger("step_down");
    }

    Duration cooldown() {
        return Duration.ofSeconds(spec.getLong("cooldown_seconds"));
    }

    JsonObject toJson() {
        return new JsonObject()
                .put("agent_id", agentId)
                .mergeIn(spec)
                .put("evaluated_at", Times.iso(evaluatedAt))
                .put("scaled_at", Times.iso(scaledAt))
                .put("updated_by", updatedBy)
                .put("updated_at", Times.iso(updatedAt));
    }
}
