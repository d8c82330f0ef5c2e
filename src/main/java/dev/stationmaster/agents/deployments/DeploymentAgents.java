package dev.stationmaster.agents.deployments;

import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whose agent it is, and who may do what with it. */
final class DeploymentAgents {
    private final Bus bus;

    DeploymentAgents(Bus bus) {
        this.bus = bus;
    }

    /** For reading: agent tokens see only their own. */
    Future<AgentSpec> visible(Caller caller, long id) {
        return bus.request(new AgentMessages.FindAgent(id)).map(found -> {
            AgentSpec agent = found.agent();
            if (agent == null || !caller.maySeeAgent(id)) {
                throw ApiException.notFound("agent", id);
            }
            return agent;
        });
    }

    /** For changing: the owner's and the operators'. */
    Future<AgentSpec> mine(Caller caller, long id) {
        return visible(caller, id).map(agent -> {
            if (!caller.mayChange(agent.ownerId())) {
                throw new ApiException(
                        ErrorCode.FORBIDDEN,
                        "Agent " + id + " belongs to " + agent.owner() + "; ask them or an operator.");
            }
            return agent;
        });
    }

    /** The agent in a version; null: its present one. */
    Future<AgentSpec> version(AgentSpec agent, @Nullable String version) {
        return version == null || version.equals(agent.version())
                ? Future.succeededFuture(agent)
                : bus.request(new AgentMessages.FindAgentVersion(agent.id(), version))
                        .map(found -> Optional.ofNullable(found.agent())
                                .orElseThrow(() -> ApiException.notFound("version of agent " + agent.id(), version)));
    }
}
