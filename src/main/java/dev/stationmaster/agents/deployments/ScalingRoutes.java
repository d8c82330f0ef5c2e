package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import java.util.Map;

/** Operations of scaling policies. */
final class ScalingRoutes {
    private final ScalingService scaling;

    ScalingRoutes(ScalingService scaling) {
        this.scaling = scaling;
    }

    Map<String, ApiHandler> handlers() {
        return Map.of(
                "getScaling", this::get,
                "putScaling", this::put,
                "deleteScaling", this::delete,
                "listScalingDecisions", this::decisions);
    }

    private static long id(ApiRequest request) {
        return request.pathLong("agent_id");
    }

    private Future<Reply> get(ApiRequest request) {
        return scaling.find(request.caller(), id(request)).map(policy -> Reply.ok(policy.toJson()));
    }

    private Future<Reply> put(ApiRequest request) {
        return scaling.put(request.caller(), id(request), ScalingPolicy.read(request.body()))
                .map(policy -> Reply.ok(policy.toJson()));
    }

    private Future<Reply> delete(ApiRequest request) {
        return scaling.delete(request.caller(), id(request)).map(done -> Reply.noContent());
    }

    private Future<Reply> decisions(ApiRequest request) {
        return scaling.decisions(request.caller(), id(request), request.limit(), request.cursor())
                .map(page -> Reply.ok(page.toJson(decision -> decision)));
    }
}
