package dev.stationmaster.jobs.runner;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a simulated attempt does, read from the job's spec.
 *
 * @param steps from {@code epochs}, at most {@value #MAX_STEPS}
 * @param learningRate shapes the curve; best near 0.001
 * @param stepMillis from {@code simulation.step_seconds}
 * @param failAtStep from {@code simulation.fail_at_step}; 0 means never
 * @param seed from {@code training_config.seed}, so that runs with one seed have one luck; null: by the job's id
 * @param failAttempts from {@code simulation.fail_attempts}: so many attempts fail, the next one passes that step
 */
record SimulationPlan(
        int steps,
        double learningRate,
        long stepMillis,
        int failAtStep,
        int failAttempts,
        @Nullable Long seed) {
    static final int MAX_STEPS = 10_000;

    private static final int DEFAULT_STEPS = 50;
    private static final double DEFAULT_LEARNING_RATE = 0.001;
    private static final double DEFAULT_STEP_SECONDS = 0.2;
    private static final double MAX_STEP_SECONDS = 3_600;

    static SimulationPlan from(String specJson) {
        JsonObject spec;
        try {
            spec = new JsonObject(specJson.isBlank() ? "{}" : specJson);
        } catch (DecodeException e) {
            throw new LaunchException("The job's spec is not a JSON object.");
        }
        JsonObject hyperparameters = object(spec, "hyperparameters");
        List<JsonObject> own = List.of(object(spec, "simulation"), object(hyperparameters, "simulation"));
        List<JsonObject> all = new ArrayList<>(own);
        all.addAll(List.of(hyperparameters, spec));
        double epochs = number(all, "epochs", DEFAULT_STEPS);
        double stepSeconds = number(own, "step_seconds", DEFAULT_STEP_SECONDS);
        return new SimulationPlan(
                (int) Math.max(1, Math.min(MAX_STEPS, epochs)),
                number(all, "learning_rate", DEFAULT_LEARNING_RATE),
                (long) Math.max(1, 1000 * Math.min(MAX_STEP_SECONDS, stepSeconds)),
                (int) number(all, "fail_at_step", 0),
                (int) number(all, "fail_attempts", 1),
                object(spec, "training_config").getValue("seed") instanceof Number seed ? seed.longValue() : null);
    }

    private static JsonObject object(JsonObject parent, String key) {
        return parent.getValue(key) instanceof JsonObject child ? child : new JsonObject();
    }

    /** The first of these objects that has the key decides. */
    private static double number(List<JsonObject> places, String key, double byDefault) {
        for (JsonObject place : places) {
            Object value = place.getValue(key);
            if (value instanceof Number found) {
                return found.doubleValue();
            }
            if (value != null) {
                throw new LaunchException("'" + key + "' in the job's spec must be a number, not '" + value + "'.");
            }
        }
        return byDefault;
    }
}
