package dev.stationmaster.experiments;

import dev.stationmaster.experiments.search.Asha;
import dev.stationmaster.experiments.search.Parameter;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads an experiment's stored specification: complete and valid, with every default filled in. */
record Plan(JsonObject json) {
    /** Limits of the mean of the last values; null: no limit on that side. */
    record Guardrail(
            String metric, @Nullable Double min, @Nullable Double max) {}

    /** @param keep {@code all}, {@code best} or {@code last} */
    record Checkpoints(String keep, int count) {}

    /** The case's own in a benchmark, else the experiment's. */
    Objective objective(String variant) {
        for (JsonObject one : objects("cases")) {
            if (variant.equals(one.getString("name"))) {
                return Objective.of(one.getJsonObject("metric"));
            }
        }
        return Objective.of(json.getJsonObject("metric"));
    }

    List<String> variants() {
        return objects(json.containsKey("cases") ? "cases" : "variants").stream()
                .map(one -> one.getString("name"))
                .toList();
    }

    String baseline() {
        return json.getString("baseline", variants().get(0));
    }

    List<Long> seeds() {
        return json.getJsonArray("seeds").stream()
                .map(seed -> ((Number) seed).longValue())
                .toList();
    }

    double confidence() {
        return json.getDouble("confidence", 0.95);
    }

    @Nullable
    Double minEffect() {
        return json.getDouble("min_effect");
    }

    List<Guardrail> guardrails() {
        return objects("guardrails").stream()
                .map(one -> new Guardrail(one.getString("metric"), one.getDouble("min"), one.getDouble("max")))
                .toList();
    }

    Checkpoints checkpoints() {
        JsonObject c = json.getJsonObject("checkpoints", new JsonObject());
        return new Checkpoints(c.getString("keep", "all"), c.getInteger("count", 1));
    }

    /** What all its jobs share. */
    JsonObject job() {
        return json.getJsonObject("job", new JsonObject());
    }

    /** What the jobs of one variant get beside the seed. */
    JsonObject trainingConfig(String variant) {
        JsonObject shared =
                job().getJsonObject("training_config", new JsonObject()).copy();
        for (JsonObject one : objects("cases")) {
            if (variant.equals(one.getString("name"))) {
                shared.mergeIn(one.getJsonObject("training_config", new JsonObject()));
            }
        }
        asha().ifPresent(asha -> shared.put("max_steps", asha.maxSteps()));
        return shared;
    }

    Optional<Asha> asha() {
        JsonObject sweep = json.getJsonObject("sweep");
        if (sweep == null || !"asha".equals(sweep.getString("method"))) {
            return Optional.empty();
        }
        return Optional.of(new Asha(
                sweep.getLong("min_steps"),
                sweep.getLong("max_steps"),
                sweep.getInteger("reduction_factor", 3),
                Objective.of(json.getJsonObject("metric")).maximize()));
    }

    List<Parameter> parameters() {
        JsonObject sweep = json.getJsonObject("sweep");
        return sweep == null ? List.of() : parameters(sweep);
    }

    static List<Parameter> parameters(JsonObject sweep) {
        return sweep.getJsonObject("parameters").stream()
                .map(one -> Parameter.of(one.getKey(), (JsonObject) one.getValue()))
                .toList();
    }

    private List<JsonObject> objects(String name) {
        return json.getJsonArray(name, new JsonArray()).stream()
                .map(JsonObject.class::cast)
                .toList();
    }
}
