package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.Page;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What people may do with scaling policies. Stateless. */
final class ScalingService {
    private final ScalingStore store;
    private final DeploymentAgents agents;
    private final Clock clock;

    ScalingService(ScalingStore store, DeploymentAgents agents, Clock clock) {
        this.store = store;
        this.agents = agents;
        this.clock = clock;
    }

    Future<ScalingPolicy> find(Caller caller, long agentId) {
        return agents.visible(caller, agentId)
                .compose(agent -> store.find(agentId))
                .map(found -> found.orElseThrow(() -> ApiException.notFound("scaling policy of agent", agentId)));
    }

    Future<ScalingPolicy> put(Caller caller, long agentId, JsonObject spec) {
        return agents.mine(caller, agentId)
                .compose(agent -> store.find(agentId))
                .compose(before -> store.put(
                        agentId,
                        spec,
                        caller.actor(),
                        clock.utc(),
                        entry(caller, "scaling.put", agentId, before, spec)));
    }

    Future<Void> delete(Caller caller, long agentId) {
        return agents.mine(caller, agentId)
                .compose(agent -> store.find(agentId))
                .compose(before -> store.delete(agentId, entry(caller, "scaling.delete", agentId, before, null)))
                .map(deleted -> {
                    if (!deleted) {
                        throw ApiException.notFound("scaling policy of agent", agentId);
                    }
                    return null;
                });
    }

    Future<Page<JsonObject>> decisions(Caller caller, long agentId, int limit, @Nullable String cursor) {
        return agents.visible(caller, agentId)
                .compose(agent -> store.decisions(agentId, Page.numberCursor(cursor), limit + 1))
                .map(rows -> Page.of(rows, limit, decision -> decision.getLong("seq")));
    }

    private static AuditEntry entry(
            Caller caller, String action, long agentId, Optional<ScalingPolicy> before, @Nullable JsonObject after) {
        return new AuditEntry(
                caller.actor(),
                action,
                "agent/" + agentId + "/scaling",
                before.map(p -> p.spec().encode()).orElse(null),
                after == null ? null : after.encode(),
                caller.requestId());
    }
}
