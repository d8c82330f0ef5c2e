package dev.stationmaster.experiments;

import dev.stationmaster.experiments.search.Parameter;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;

/** What a sweep came to. Pure. */
final class SweepResult {
    private SweepResult() {}

    static JsonObject json(Experiment e, List<Trial> trials) {
        return new JsonObject()
                .put("metric", e.plan().objective("").toJson())
                .put("best", best(e, trials).map(Trial::toJson).orElse(null))
                .put("parallel_coordinates", coordinates(e, trials));
    }

    /** Among those that had all their steps, where there are such; else among all with a value. */
    static Optional<Trial> best(Experiment e, List<Trial> trials) {
        boolean whole = trials.stream().anyMatch(t -> t.state() == TrialState.SUCCEEDED && t.value() != null);
        return trials.stream()
                .filter(t -> t.value() != null && (!whole || t.state() == TrialState.SUCCEEDED))
                .min(CheckpointPolicy.best(e));
    }

    /** One axis for each parameter and one for the metric; one line for each trial. */
    private static JsonObject coordinates(Experiment e, List<Trial> trials) {
        List<Parameter> space = e.plan().parameters();
        var axes = new JsonArray();
        space.forEach(parameter -> axes.add(new JsonObject()
                .put("name", parameter.name())
                .put("scale", parameter.values() != null ? "category" : parameter.log() ? "log" : "linear")));
        axes.add(new JsonObject().put("name", e.plan().objective("").metric()).put("scale", "linear"));
        var lines = new JsonArray();
        for (Trial t : trials) {
            var values = new JsonArray();
            space.forEach(parameter -> values.add(t.hyperparameters().getValue(parameter.name())));
            values.add(t.value());
            lines.add(new JsonObject()
                    .put("trial", t.number())
                    .put("state", t.state().wireName())
                    .put("values", values));
        }
        return new JsonObject().put("axes", axes).put("lines", lines);
    }
}
