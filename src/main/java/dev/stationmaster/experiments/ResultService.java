package dev.stationmaster.experiments;

import dev.stationmaster.jobs.JobMessages.Curve;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;

/** What an experiment came to, at any time, in one answer. Stateless. */
final class ResultService {
    private static final int MAX_CURVES = 100;
    private static final int POINTS = 100;

    private final ExperimentService experiments;
    private final Runs runs;

    ResultService(ExperimentService experiments, Runs runs) {
        this.experiments = experiments;
        this.runs = runs;
    }

    Future<JsonObject> results(UUID id) {
        return experiments.find(id).compose(e -> experiments.trials(id).compose(trials -> {
            JsonObject result =
                    switch (e.kind()) {
                        case "compare" -> CompareResult.json(e, trials);
                        case "sweep" -> SweepResult.json(e, trials);
                        default ->
                            new JsonObject()
                                    .put("cases", BenchmarkScore.of(e, trials).toJson());
                    };
            var rows = new JsonArray();
            trials.forEach(t -> rows.add(t.toJson()));
            return curves(e, trials).map(curves -> new JsonObject()
                    .put("experiment", e.summary())
                    .put("complete", trials.stream().allMatch(t -> t.state().isFinal()))
                    .mergeIn(result)
                    .put("trials", rows)
                    .put("curves", curves));
        }));
    }

    /** Learning curves of the primary metric: of all trials, or of the best hundred. */
    private Future<JsonArray> curves(Experiment e, List<Trial> trials) {
        var trialOf = new HashMap<UUID, Trial>();
        Stream<Trial> shown = trials.stream().filter(t -> t.jobId() != null);
        if (!"benchmark".equals(e.kind())) {
            shown = shown.sorted(CheckpointPolicy.best(e));
        }
        shown.limit(MAX_CURVES).forEach(t -> trialOf.put(Objects.requireNonNull(t.jobId()), t));
        List<String> metrics = trials.stream()
                .map(t -> e.plan().objective(t.variant()).metric())
                .distinct()
                .toList();
        return runs.curves(List.copyOf(trialOf.keySet()), metrics, POINTS).map(found -> {
            var array = new JsonArray();
            for (Curve curve : found) {
                Trial t = Objects.requireNonNull(trialOf.get(curve.jobId()));
                if (e.plan().objective(t.variant()).metric().equals(curve.metric())) {
                    array.add(json(curve).put("trial", t.number()).put("variant", t.variant()));
                }
            }
            return array;
        });
    }

    private static JsonObject json(Curve curve) {
        var points = new JsonArray();
        curve.points()
                .forEach(point -> points.add(new JsonArray().add(point.step()).add(point.value())));
        return new JsonObject().put("metric", curve.metric()).put("points", points);
    }
}
