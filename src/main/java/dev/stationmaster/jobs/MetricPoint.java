package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** Metrics that a job reported at one time. {@code seq} is the order in the table. */
record MetricPoint(
        long seq,
        OffsetDateTime at,
        int attempt,
        @Nullable Long step,
        @Nullable Long totalSteps,
        JsonObject metrics) {

    JsonObject toJson() {
        return new JsonObject()
                .put("attempt", attempt)
                .put("step", step)
                .put("total_steps", totalSteps)
                .put("metrics", metrics)
                .put("at", Times.iso(at));
    }
}
