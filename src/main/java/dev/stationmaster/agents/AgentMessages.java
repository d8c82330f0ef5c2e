package dev.stationmaster.agents;

import dev.stationmaster.platform.bus.BusMessage;
import dev.stationmaster.platform.bus.Request;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What agents say to others. */
public interface AgentMessages {
    /** Anything about the agent changed, its deletion included. */
    record AgentChanged(long agentId) implements BusMessage {}

    record CountAgents() implements Request<AgentCount> {}

    record AgentCount(long count) implements BusMessage {}

    record FindAgent(long agentId) implements Request<AgentFound> {}

    /**
     * An agent with its current version.
     *
     * @param agent null when there is none (or it was deleted)
     */
    record AgentFound(@Nullable AgentSpec agent) implements BusMessage {}

    /**
     * What others need to know of an agent. Null resources: the agent does not say.
     *
     * @param id 0 for an agent that is not saved yet
     * @param budgetNanos null: no limit
     */
    record AgentSpec(
            long id,
            String name,
            String type,
            UUID ownerId,
            String version,
            @Nullable String dockerImage,
            String hyperparametersJson,
            @Nullable Long cpuMillis,
            @Nullable Long memoryBytes,
            int gpus,
            long storageBytes,
            @Nullable String runner,
            List<String> command,
            @Nullable String workingDir,
            Map<String, String> env,
            String owner,
            Map<String, String> labels,
            @Nullable Long budgetNanos) {
        public AgentSpec {
            command = List.copyOf(command);
            env = Map.copyOf(env);
            labels = Map.copyOf(labels);
        }
    }

    /** Newest first, at most {@code limit}; null filters mean any. */
    record FindAgents(@Nullable Long agentId, @Nullable String owner, int limit) implements Request<AgentsFound> {}

    record AgentsFound(List<AgentSpec> agents) implements BusMessage {
        public AgentsFound {
            agents = List.copyOf(agents);
        }
    }

    /** The version a job was submitted with. */
    record FindAgentVersion(long agentId, String version) implements Request<AgentFound> {}

    /** Decrypted, for the launch of a job. */
    record FindSecrets(long agentId) implements Request<SecretsFound> {}

    record SecretsFound(Map<String, String> secrets) implements BusMessage {
        public SecretsFound {
            secrets = Map.copyOf(secrets);
        }

        @Override
        public String toString() {
            return "SecretsFound[" + secrets.size() + "]";
        }
    }
}
