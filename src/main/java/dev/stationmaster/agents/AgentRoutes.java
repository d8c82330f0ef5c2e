package dev.stationmaster.agents;

import dev.stationmaster.costs.CostMessages;
import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Money;
import dev.stationmaster.platform.web.Reply;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/** Operations of agents. */
final class AgentRoutes {
    private final AgentService agents;
    private final SecretService secrets;
    private final Bus bus;

    AgentRoutes(AgentService agents, SecretService secrets, Bus bus) {
        this.agents = agents;
        this.secrets = secrets;
        this.bus = bus;
    }

    Map<String, ApiHandler> handlers() {
        return Map.ofEntries(
                Map.entry("listAgents", this::list),
                Map.entry("createAgent", this::create),
                Map.entry("getAgent", this::get),
                Map.entry("updateAgent", this::update),
                Map.entry("deleteAgent", r -> agents.delete(r.caller(), id(r)).map(done -> Reply.noContent())),
                Map.entry("listAgentVersions", this::versions),
                Map.entry("createAgentVersion", this::addVersion),
                Map.entry("rollbackAgent", this::rollback),
                Map.entry("listAgentSecrets", this::secretNames),
                Map.entry("putAgentSecret", this::putSecret),
                Map.entry(
                        "deleteAgentSecret",
                        r -> secrets.delete(r.caller(), id(r), r.path("name")).map(done -> Reply.noContent())));
    }

    private static long id(ApiRequest request) {
        return request.pathLong("agent_id");
    }

    private Future<Reply> list(ApiRequest request) {
        return agents.list(request.limit(), request.cursor(), request.query("type"), request.query("name"))
                .map(page -> Reply.ok(page.toJson(Agent::toJson)));
    }

    private Future<Reply> create(ApiRequest request) {
        return agents.create(request.caller(), request.body(), request.idempotencyKey(), request.bodyText())
                .compose(agent -> detailed(agent)
                        .map(json -> Reply.created("/api/v1/agents/" + agent.id(), json).etag(agent.revision())));
    }

    private Future<Reply> get(ApiRequest request) {
        return agents.visible(request.caller(), id(request))
                .compose(agent -> detailed(agent).map(json -> Reply.ok(json).etag(agent.revision())));
    }

    private Future<Reply> update(ApiRequest request) {
        return agents.update(request.caller(), id(request), request.body(), request.ifMatch())
                .compose(agent -> detailed(agent).map(json -> Reply.ok(json).etag(agent.revision())));
    }

    private Future<Reply> versions(ApiRequest request) {
        return agents.visible(request.caller(), id(request))
                .compose(agent -> agents.versions(request.caller(), agent.id(), request.limit(), request.cursor())
                        .map(page -> Reply.ok(page.toJson(v -> v.toJson(
                                agent.type(), v.version().equals(agent.current().version()))))));
    }

    private Future<Reply> addVersion(ApiRequest request) {
        return agents.addVersion(request.caller(), id(request), request.body())
                .compose(version -> agents.find(id(request))
                        .map(agent -> Reply.created(
                                "/api/v1/agents/" + id(request) + "/versions", version.toJson(agent.type(), true))));
    }

    private Future<Reply> rollback(ApiRequest request) {
        return agents.rollback(request.caller(), id(request), request.body().getString("version"))
                .compose(agent -> detailed(agent).map(json -> Reply.ok(json).etag(agent.revision())));
    }

    private Future<Reply> secretNames(ApiRequest request) {
        return secrets.names(request.caller(), id(request)).map(names -> {
            var items = new JsonArray();
            names.forEach((name, at) -> items.add(new JsonObject().put("name", name).put("updated_at", Times.iso(at))));
            return Reply.ok(new JsonObject().put("items", items));
        });
    }

    private Future<Reply> putSecret(ApiRequest request) {
        return secrets.put(request.caller(), id(request), request.path("name"), request.body().getString("value"))
                .map(done -> Reply.noContent());
    }

    /** With what other features know: money spent and jobs not finished. */
    private Future<JsonObject> detailed(Agent agent) {
        var spent = bus.request(new CostMessages.FindSpend("agent", Long.toString(agent.id())));
        var active = bus.request(new JobMessages.CountActiveJobs(agent.id(), null));
        return Future.all(spent, active).map(all -> agent.toJson()
                .put("spent", Money.dollars(spent.result().nanos()))
                .put("active_jobs", active.result().count()));
    }
}
