package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Page;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Operations of jobs, but for files and logs. */
final class JobRoutes {
    private final JobService jobs;
    private final SubmitService submit;
    private final JobStore store;
    private final WaitReasons reasons;
    private final MetricService metrics;
    private final OverviewService overview;
    private final PreemptionService preemption;
    private final BulkService bulk;
    private final Supplier<Future<JsonObject>> runners;

    JobRoutes(
            JobService jobs,
            SubmitService submit,
            JobStore store,
            WaitReasons reasons,
            MetricService metrics,
            OverviewService overview,
            PreemptionService preemption,
            BulkService bulk,
            Supplier<Future<JsonObject>> runners) {
        this.jobs = jobs;
        this.submit = submit;
        this.store = store;
        this.reasons = reasons;
        this.metrics = metrics;
        this.overview = overview;
        this.preemption = preemption;
        this.bulk = bulk;
        this.runners = runners;
    }

    Map<String, ApiHandler> handlers() {
        return Map.ofEntries(
                Map.entry("listJobs", this::list),
                Map.entry("createJob", this::create),
                Map.entry("getJob", this::get),
                Map.entry("updateJob", this::update),
                Map.entry("cancelJob", this::cancel),
                Map.entry("retryJob", this::retry),
                Map.entry("listJobMetrics", this::listMetrics),
                Map.entry("postJobMetrics", this::postMetrics),
                Map.entry("listJobEvents", this::listEvents),
                Map.entry("bulkJobs", request -> bulk.run(request.caller(), request.body())
                        .map(Reply::ok)),
                Map.entry("getPreemptionSignal", this::preemptionSignal),
                Map.entry("acknowledgePreemption", this::acknowledgePreemption),
                Map.entry("listJobAttempts", this::listAttempts),
                Map.entry("listRunners", request -> runners.get().map(Reply::ok)),
                Map.entry("getOverview", request -> overview.overview().map(Reply::ok)));
    }

    private static UUID id(ApiRequest request) {
        return request.pathUuid("job_id");
    }

    private static String location(Job job) {
        return "/api/v1/jobs/" + job.id();
    }

    private Future<JsonObject> detailed(Job job) {
        var estimate = reasons.estimates(List.of(job));
        return reasons.explained(job).compose(now -> jobs.position(now)
                .compose(place -> estimate.map(found -> withEstimate(now.toJson(place), found.get(job.id())))));
    }

    private static JsonObject withEstimate(JsonObject json, @Nullable StartEstimate estimate) {
        if (estimate != null) {
            estimate.into(json);
        }
        return json;
    }

    private Future<Reply> list(ApiRequest request) {
        Long agent = request.queryLong("agent_id");
        return jobs.list(
                        request.caller(),
                        request.query("state"),
                        agent,
                        request.query("owner"),
                        request.query("queue"),
                        kind(request.query("kind")),
                        request.limit(),
                        request.cursor())
                .compose(page -> {
                    var estimates = reasons.estimates(page.items());
                    return reasons.explained(page.items())
                            .compose(items -> estimates.map(found -> Reply.ok(new Page<>(items, page.nextCursor())
                                    .toJson(job -> withEstimate(job.toJson(null), found.get(job.id()))))));
                });
    }

    /** Replicas of deployments are only listed for those who ask for them. */
    private static @Nullable String kind(@Nullable String asked) {
        return "all".equals(asked) ? null : asked == null ? "job" : asked;
    }

    private Future<Reply> create(ApiRequest request) {
        if (request.queryFlag("dry_run")) {
            return submit.plan(request.caller(), request.body(), request.bodyText())
                    .map(Reply::ok);
        }
        return submit.create(request.caller(), request.body(), request.idempotencyKey(), request.bodyText())
                .map(job -> Reply.created(location(job), job.toJson(null)).etag(job.version()));
    }

    private Future<Reply> get(ApiRequest request) {
        return jobs.visible(request.caller(), id(request))
                .compose(job -> detailed(job).map(json -> Reply.ok(json).etag(job.version())));
    }

    private Future<Reply> update(ApiRequest request) {
        return jobs.setPriority(request.caller(), id(request), request.body().getInteger("priority"), request.ifMatch())
                .compose(job -> detailed(job).map(json -> Reply.ok(json).etag(job.version())));
    }

    private Future<Reply> cancel(ApiRequest request) {
        return jobs.cancel(request.caller(), id(request)).map(job -> Reply.accepted(location(job), job.toJson(null)));
    }

    private Future<Reply> retry(ApiRequest request) {
        return jobs.mine(request.caller(), id(request))
                .compose(old -> submit.retry(request.caller(), old, request.idempotencyKey()))
                .map(job -> Reply.created(location(job), job.toJson(null)).etag(job.version()));
    }

    private Future<Reply> postMetrics(ApiRequest request) {
        JsonObject body = request.body();
        return metrics.post(
                        request.caller(),
                        id(request),
                        body.getJsonObject("metrics"),
                        body.getLong("step"),
                        body.getLong("total_steps"))
                .map(count -> Reply.json(202, new JsonObject().put("accepted", count)));
    }

    private Future<Reply> preemptionSignal(ApiRequest request) {
        return preemption
                .signal(request.caller(), id(request), request.queryLong("wait_seconds", 0))
                .map(Reply::ok);
    }

    private Future<Reply> acknowledgePreemption(ApiRequest request) {
        return preemption.acknowledge(request.caller(), id(request)).map(Reply::ok);
    }

    private Future<Reply> listMetrics(ApiRequest request) {
        return jobs.visible(request.caller(), id(request))
                .compose(job -> store.metrics(job.id(), Page.numberCursor(request.cursor()), request.limit() + 1))
                .map(points -> Reply.ok(
                        Page.of(points, request.limit(), MetricPoint::seq).toJson(MetricPoint::toJson)));
    }

    private Future<Reply> listEvents(ApiRequest request) {
        return jobs.visible(request.caller(), id(request))
                .compose(job -> store.events(job.id(), Page.numberCursor(request.cursor()), request.limit() + 1))
                .map(events ->
                        Reply.ok(Page.of(events, request.limit(), JobEvent::seq).toJson(JobEvent::toJson)));
    }

    private Future<Reply> listAttempts(ApiRequest request) {
        return jobs.visible(request.caller(), id(request))
                .compose(job -> store.attempts(job.id()))
                .map(attempts -> {
                    var items = new JsonArray();
                    attempts.forEach(attempt -> items.add(attempt.toJson()));
                    return Reply.ok(new JsonObject().put("items", items));
                });
    }
}
