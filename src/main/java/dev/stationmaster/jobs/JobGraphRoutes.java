package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import java.util.Map;
import java.util.UUID;

/** Operations of graphs of jobs. */
final class JobGraphRoutes {
    private final JobGraphService graphs;

    JobGraphRoutes(JobGraphService graphs) {
        this.graphs = graphs;
    }

    Map<String, ApiHandler> handlers() {
        return Map.of("createJobGraph", this::create, "getJobGraph", this::get, "cancelJobGraph", this::cancel);
    }

    private static String location(UUID id) {
        return "/api/v1/job-graphs/" + id;
    }

    private Future<Reply> create(ApiRequest request) {
        return graphs.create(request.caller(), request.body(), request.idempotencyKey(), request.bodyText())
                .map(graph -> Reply.created(location(graph.id()), graph.ids()));
    }

    private Future<Reply> get(ApiRequest request) {
        return graphs.view(request.caller(), request.pathUuid("graph_id")).map(view -> Reply.ok(view.toJson()));
    }

    private Future<Reply> cancel(ApiRequest request) {
        return graphs.cancel(request.caller(), request.pathUuid("graph_id"))
                .map(view -> Reply.accepted(location(view.graph().id()), view.toJson()));
    }
}
