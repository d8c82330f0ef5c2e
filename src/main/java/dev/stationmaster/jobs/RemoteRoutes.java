package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/** Operations that remote workers call while they run jobs. */
final class RemoteRoutes {
    private final RemotePolls polls;
    private final RemoteReports reports;
    private final RemoteLog log;

    RemoteRoutes(RemotePolls polls, RemoteReports reports, RemoteLog log) {
        this.polls = polls;
        this.reports = reports;
        this.log = log;
    }

    Map<String, ApiHandler> handlers() {
        return Map.of(
                "pollWorker",
                request -> polls.poll(request.caller(), request.path("worker"), request.body())
                        .map(Reply::ok),
                "attemptStarted",
                request -> held(request).compose(reports::started).map(done -> Reply.noContent()),
                "attemptLines",
                request -> held(request).compose(job -> take(job, request)),
                "attemptHealth",
                request -> held(request)
                        .compose(job -> reports.health(job, request.body()))
                        .map(done -> Reply.noContent()),
                "attemptEnded",
                request -> held(request)
                        .compose(job -> reports.ended(job, request.body()))
                        .map(done -> Reply.noContent()));
    }

    private Future<Job> held(ApiRequest request) {
        return reports.held(
                request.caller(), request.path("worker"), request.pathUuid("job_id"), request.pathLong("lease"));
    }

    private Future<Reply> take(Job job, ApiRequest request) {
        return log.take(job, RemoteLog.batch(request.body()))
                .map(taken -> Reply.ok(new JsonObject()
                        .put("taken", taken.orElseThrow(() -> RemoteReports.lost(job.id(), job.lease())))));
    }
}
