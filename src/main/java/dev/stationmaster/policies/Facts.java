package dev.stationmaster.policies;

import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.jobs.JobMessages.JobFacts;
import dev.stationmaster.policies.language.JsonValues;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes the values that expressions see, named as {@code language.Vocabulary} declares them. What is absent has no key.
 * JSON of more than {@value #MAX_JSON} characters and commands of more than {@value #MAX_COMMAND} count as absent, so
 * that judging has a bounded cost.
 */
final class Facts {
    static final int MAX_JSON = 32_768;
    static final int MAX_COMMAND = 16_384;
    private static final double NANOS_PER_DOLLAR = 1e9;

    /** @param role null: not known */
    record Owner(UUID id, String username, @Nullable String role) {}

    private Facts() {}

    /** Characters of what may be long. */
    static int size(AgentSpec agent) {
        return commandSize(agent) + agent.hyperparametersJson().length() + size(agent.labels());
    }

    static int size(JobFacts job) {
        return job.hyperparametersJson().length() + job.trainingConfigJson().length() + size(job.labels());
    }

    private static int size(Map<String, String> labels) {
        return labels.entrySet().stream()
                .mapToInt(e -> e.getKey().length() + e.getValue().length())
                .sum();
    }

    private static int commandSize(AgentSpec agent) {
        return agent.command().stream().mapToInt(String::length).sum();
    }

    static Map<String, Object> ofAgent(AgentSpec agent, Owner owner, OffsetDateTime now) {
        var facts = new HashMap<String, Object>();
        facts.put("agent", agent(agent));
        facts.put("version", version(agent));
        facts.put("owner", owner(owner));
        facts.put("now", now.toInstant());
        return facts;
    }

    /**
     * @param agent null: it was deleted, and only what the job says of it is known
     * @param maxCost in dollars; null: not known
     */
    static Map<String, Object> ofJob(
            @Nullable AgentSpec agent, JobFacts job, Owner owner, @Nullable Double maxCost, OffsetDateTime now) {
        var facts = new HashMap<String, Object>();
        facts.put("agent", agent == null ? Map.of("id", job.agentId(), "name", job.agentName()) : agent(agent));
        facts.put("version", agent == null ? Map.of("name", job.agentVersion()) : version(agent));
        facts.put("job", job(job, maxCost));
        facts.put("owner", owner(owner));
        facts.put("now", now.toInstant());
        return facts;
    }

    private static Map<String, Object> agent(AgentSpec agent) {
        var facts = new HashMap<String, Object>();
        facts.put("id", agent.id());
        facts.put("name", agent.name());
        facts.put("type", agent.type());
        facts.put("owner", agent.owner());
        facts.put("labels", agent.labels());
        Long budget = agent.budgetNanos();
        put(facts, "budget_limit", budget == null ? null : Double.valueOf(budget / NANOS_PER_DOLLAR));
        return facts;
    }

    private static Map<String, Object> version(AgentSpec agent) {
        var facts = new HashMap<String, Object>();
        facts.put("name", agent.version());
        put(facts, "docker_image", agent.dockerImage());
        put(facts, "working_dir", agent.workingDir());
        put(facts, "runner", agent.runner());
        if (commandSize(agent) <= MAX_COMMAND) {
            facts.put("command", agent.command());
        }
        putJson(facts, "hyperparameters", agent.hyperparametersJson());
        Long cpu = agent.cpuMillis();
        put(facts, "cpu", cpu == null ? null : Double.valueOf(cpu / 1000.0));
        put(facts, "memory_bytes", agent.memoryBytes());
        facts.put("gpus", (long) agent.gpus());
        facts.put("storage_bytes", agent.storageBytes());
        return facts;
    }

    private static Map<String, Object> job(JobFacts job, @Nullable Double maxCost) {
        var facts = new HashMap<String, Object>();
        facts.put("name", job.name());
        facts.put("priority", (long) job.priority());
        facts.put("labels", job.labels());
        facts.put("runner", job.runner());
        facts.put("simulated", job.simulated());
        putJson(facts, "hyperparameters", job.hyperparametersJson());
        putJson(facts, "training_config", job.trainingConfigJson());
        facts.put("cpu", job.cpuMillis() / 1000.0);
        facts.put("memory_bytes", job.memoryBytes());
        facts.put("gpus", (long) job.gpus());
        facts.put("storage_bytes", job.storageBytes());
        put(facts, "timeout_seconds", job.timeoutSeconds());
        facts.put("max_attempts", (long) job.maxAttempts());
        put(facts, "estimated_max_cost", maxCost);
        return facts;
    }

    private static Map<String, Object> owner(Owner owner) {
        var facts = new HashMap<String, Object>();
        facts.put("id", owner.id().toString());
        facts.put("username", owner.username());
        put(facts, "role", owner.role());
        return facts;
    }

    private static void put(Map<String, Object> facts, String name, @Nullable Object value) {
        if (value != null) {
            facts.put(name, value);
        }
    }

    private static void putJson(Map<String, Object> facts, String name, String json) {
        if (json.length() <= MAX_JSON) {
            facts.put(name, JsonValues.of(json));
        }
    }
}
