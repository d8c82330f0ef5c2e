package dev.stationmaster.agents;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.security.SecretBox;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;

/** Secrets of agents: written over the API, read only by the launch of a job. */
final class SecretService {
    private static final String RESERVED = "STATIONMASTER_";

    private final AgentService agents;
    private final SecretStore store;
    private final SecretBox box;
    private final Clock clock;

    SecretService(AgentService agents, SecretStore store, SecretBox box, Clock clock) {
        this.agents = agents;
        this.store = store;
        this.box = box;
        this.clock = clock;
    }

    Future<Void> put(Caller caller, long agentId, String name, String value) {
        if (name.startsWith(RESERVED)) {
            return Future.failedFuture(new ApiException(
                    ErrorCode.INVALID_FIELD, "Names that start with " + RESERVED + " belong to the job contract."));
        }
        if (value.indexOf('\0') >= 0) {
            return Future.failedFuture(
                    new ApiException(ErrorCode.INVALID_FIELD, "An environment variable can't hold a NUL character."));
        }
        return agents.mine(caller, agentId)
                .compose(agent -> store.put(
                        agentId,
                        name,
                        box.seal(value, context(agentId, name)),
                        clock.utc(),
                        entry(caller, "agent.secret.put", agentId, name)));
    }

    Future<Void> delete(Caller caller, long agentId, String name) {
        return agents.mine(caller, agentId)
                .compose(agent -> store.delete(agentId, name, entry(caller, "agent.secret.delete", agentId, name)));
    }

    Future<Map<String, OffsetDateTime>> names(Caller caller, long agentId) {
        return agents.mine(caller, agentId).compose(agent -> store.names(agentId));
    }

    Future<Map<String, String>> open(long agentId) {
        return store.sealed(agentId).map(sealed -> {
            var plain = new LinkedHashMap<String, String>();
            sealed.forEach((name, bytes) -> plain.put(name, box.open(bytes, context(agentId, name))));
            return plain;
        });
    }

    private static String context(long agentId, String name) {
        return "agent/" + agentId + "/secret/" + name;
    }

    private static AuditEntry entry(Caller caller, String action, long agentId, String name) {
        return new AuditEntry(
                caller.actor(), action, "agent/" + agentId + "/secret/" + name, null, null, caller.requestId());
    }
}
