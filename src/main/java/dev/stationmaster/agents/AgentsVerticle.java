package dev.stationmaster.agents;

import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.security.SecretBox;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiHandler;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.Map;

/** Wires agents. Its services are stateless, so its routes may be used on every event loop. */
public final class AgentsVerticle extends VerticleBase {
    private final Bus bus;
    private final AgentStore store;
    private final AgentService agents;
    private final SecretService secrets;

    public AgentsVerticle(Database database, Bus bus, Clock clock, SecretBox box) {
        this.bus = bus;
        var audit = new AuditTrail(clock);
        store = new AgentStore(database, audit);
        agents = new AgentService(store, bus, clock);
        secrets = new SecretService(agents, new SecretStore(database, audit), box, clock);
    }

    public Map<String, ApiHandler> handlers() {
        return new AgentRoutes(agents, secrets, bus).handlers();
    }

    @Override
    public Future<?> start() {
        bus.answer(AgentMessages.FindAgent.class, question -> store.byId(question.agentId())
                .map(found ->
                        new AgentMessages.AgentFound(found.map(Agent::spec).orElse(null))));
        bus.answer(AgentMessages.CountAgents.class, question -> store.count().map(AgentMessages.AgentCount::new));
        bus.answer(AgentMessages.FindAgents.class, question -> store.newest(
                        question.agentId(), question.owner(), question.limit())
                .map(found -> new AgentMessages.AgentsFound(
                        found.stream().map(Agent::spec).toList())));
        bus.answer(AgentMessages.FindAgentVersion.class, this::findVersion);
        bus.answer(AgentMessages.FindSecrets.class, question -> secrets.open(question.agentId())
                .map(AgentMessages.SecretsFound::new));
        return Future.succeededFuture();
    }

    private Future<AgentMessages.AgentFound> findVersion(AgentMessages.FindAgentVersion question) {
        return store.byId(question.agentId()).compose(agent -> agents.version(question.agentId(), question.version())
                .map(version -> new AgentMessages.AgentFound(
                        agent.isEmpty() || version.isEmpty()
                                ? null
                                : agent.get().spec(version.get()))));
    }
}
