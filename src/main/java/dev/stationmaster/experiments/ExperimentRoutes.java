package dev.stationmaster.experiments;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.UUID;

/** Operations of experiments and of runs side by side. */
final class ExperimentRoutes {
    private final ExperimentService experiments;
    private final Standings standings;
    private final ResultService results;
    private final RunComparison comparison;

    ExperimentRoutes(
            ExperimentService experiments, Standings standings, ResultService results, RunComparison comparison) {
        this.experiments = experiments;
        this.standings = standings;
        this.results = results;
        this.comparison = comparison;
    }

    Map<String, ApiHandler> handlers() {
        return Map.of(
                "listExperiments", this::list,
                "createExperiment", this::create,
                "getExperiment", this::get,
                "updateExperiment", this::update,
                "cancelExperiment", this::cancel,
                "listExperimentTrials", this::trials,
                "getExperimentResults", request -> results.results(id(request)).map(Reply::ok),
                "compareRuns", this::compare);
    }

    private static UUID id(ApiRequest request) {
        return request.pathUuid("experiment_id");
    }

    static String location(Experiment experiment) {
        return "/api/v1/experiments/" + experiment.id();
    }

    private Future<Reply> list(ApiRequest request) {
        return experiments
                .list(
                        request.query("state"),
                        request.query("kind"),
                        request.query("owner"),
                        request.limit(),
                        request.cursor())
                .compose(standings::page)
                .map(Reply::ok);
    }

    private Future<Reply> create(ApiRequest request) {
        Draft draft = DraftReader.read(request.body(), request.bodyText());
        return experiments
                .start(request.caller(), draft, "createExperiment", request.idempotencyKey(), request.bodyText())
                .map(made -> Reply.created(location(made), made.toJson()).etag(made.version()));
    }

    private Future<Reply> get(ApiRequest request) {
        return experiments.find(id(request)).compose(found -> standings
                .of(found)
                .map(standing -> Reply.ok(found.toJson().mergeIn(standing)).etag(found.version())));
    }

    private Future<Reply> update(ApiRequest request) {
        return experiments
                .update(request.caller(), id(request), request.body(), request.ifMatch())
                .map(changed -> Reply.ok(changed.toJson()).etag(changed.version()));
    }

    private Future<Reply> cancel(ApiRequest request) {
        return experiments
                .cancel(request.caller(), id(request))
                .map(changed -> Reply.accepted(location(changed), changed.toJson()));
    }

    private Future<Reply> trials(ApiRequest request) {
        return experiments
                .find(id(request))
                .compose(found -> experiments.trials(found.id()))
                .map(trials -> {
                    var items = new JsonArray();
                    trials.forEach(t -> items.add(t.toJson()));
                    return Reply.ok(new JsonObject().put("items", items));
                });
    }

    private Future<Reply> compare(ApiRequest request) {
        String ids = request.query("ids");
        if (ids == null) {
            throw new ApiException(ErrorCode.BAD_REQUEST, "Name the jobs to compare in ids.");
        }
        return comparison.compare(ids, request.query("metric")).map(Reply::ok);
    }
}
