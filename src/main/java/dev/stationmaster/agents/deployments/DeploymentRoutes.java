package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;

/** Operations of deployments. */
final class DeploymentRoutes {
    private final DeploymentService deployments;
    private final DeploymentView view;

    DeploymentRoutes(DeploymentService deployments, DeploymentView view) {
        this.deployments = deployments;
        this.view = view;
    }

    Map<String, ApiHandler> handlers() {
        return Map.of(
                "createDeployment", this::create,
                "listDeploymentRevisions", this::revisions,
                "getDeploymentRevision", this::revision,
                "rollbackDeployment", this::rollback,
                "getDeployment", this::get,
                "scaleDeployment", this::scale,
                "stopDeployment", this::stop,
                "listDeploymentEvents", this::events);
    }

    private static long id(ApiRequest request) {
        return request.pathLong("agent_id");
    }

    private static String location(long agentId) {
        return "/api/v1/agents/" + agentId + "/deployment";
    }

    private Future<Reply> create(ApiRequest request) {
        return deployments
                .deploy(request.caller(), id(request), DeploymentDraft.read(request.body()))
                .compose(view::of)
                .map(json -> Reply.accepted(location(id(request)), json));
    }

    private Future<Reply> rollback(ApiRequest request) {
        JsonObject body = request.body();
        if (body.containsKey("revision") == body.containsKey("version")) {
            throw new ApiException(
                    ErrorCode.INVALID_FIELD,
                    "Name the revision or the version to go back to.",
                    List.of(new FieldError("/revision", "either revision or version")));
        }
        return deployments
                .rollback(request.caller(), id(request), body.getInteger("revision"), body.getString("version"))
                .compose(view::of)
                .map(json -> Reply.accepted(location(id(request)), json));
    }

    private Future<Reply> get(ApiRequest request) {
        return deployments.find(request.caller(), id(request)).compose(view::of).map(Reply::ok);
    }

    private Future<Reply> scale(ApiRequest request) {
        return deployments
                .scale(request.caller(), id(request), request.body().getInteger("replicas"))
                .compose(view::of)
                .map(json -> Reply.accepted(location(id(request)), json));
    }

    private Future<Reply> stop(ApiRequest request) {
        return deployments
                .stop(request.caller(), id(request))
                .compose(view::of)
                .map(json -> Reply.accepted(location(id(request)), json));
    }

    private Future<Reply> revisions(ApiRequest request) {
        return deployments
                .revisions(request.caller(), id(request), request.limit(), request.cursor())
                .map(page -> Reply.ok(page.toJson(Revision::toJson)));
    }

    private Future<Reply> revision(ApiRequest request) {
        return deployments
                .revision(request.caller(), id(request), (int) request.pathLong("revision"))
                .map(revision -> Reply.ok(revision.toJson()));
    }

    private Future<Reply> events(ApiRequest request) {
        return deployments
                .events(request.caller(), id(request), request.limit(), request.cursor())
                .map(page -> Reply.ok(page.toJson(event -> event)));
    }
}
