package dev.stationmaster.experiments;

import dev.stationmaster.jobs.JobMessages.RunValues;
import io.vertx.core.json.JsonObject;

/**
 * What runs are judged by.
 *
 * @param best the best value a run ever reported counts; else its last one
 */
record Objective(String metric, boolean maximize, boolean best) {
    static Objective of(JsonObject json) {
        return new Objective(
                json.getString("name"),
                "maximize".equals(json.getString("direction")),
                "best".equals(json.getString("count", "last")));
    }

    double value(RunValues values) {
        if (!best) {
            return values.last();
        }
        return maximize ? values.max() : values.min();
    }

    /** Whether {@code a} is better than {@code b}. */
    boolean better(double a, double b) {
        return maximize ? a > b : a < b;
    }

    JsonObject toJson() {
        return new JsonObject()
                .put("name", metric)
                .put("direction", maximize ? "maximize" : "minimize")
                .put("count", best ? "best" : "last");
    }
}
