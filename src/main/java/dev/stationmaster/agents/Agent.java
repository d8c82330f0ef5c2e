package dev.stationmaster.agents;

import dev.stationmaster.platform.web.Money;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An agent with its current version. {@code revision} counts changes, for ETags. */
record Agent(
        long id,
        String name,
        String type,
        UUID ownerId,
        String owner,
        @Nullable String description,
        JsonObject labels,
        @Nullable Long budgetNanos,
        AgentVersion current,
        long revision,
        List<String> secretNames,
        OffsetDateTime createdAt,
        OffsetDateTime updatedAt) {

    JsonObject toJson() {
        return new JsonObject()
                .put("id", id)
                .put("name", name)
                .put("type", type)
                .put("owner", owner)
                .put("version", current.version())
                .put("description", description)
                .mergeIn(current.contentJson(type))
                .put("budget_limit", Money.dollars(budgetNanos))
                .put("secrets", new JsonArray(secretNames))
                .put("labels", labels)
                .put("created_at", Times.iso(createdAt))
                .put("updated_at", Times.iso(updatedAt));
    }

    AgentMessages.AgentSpec spec() {
        return spec(current);
    }

    AgentMessages.AgentSpec spec(AgentVersion v) {
        return new AgentMessages.AgentSpec(
                id,
                name,
                type,
                ownerId,
                v.version(),
                v.dockerImage(),
                v.config().getJsonObject("hyperparameters", new JsonObject()).encode(),
                v.cpuMillis() == 0 ? null : Long.valueOf(v.cpuMillis()),
                v.memoryBytes() == 0 ? null : Long.valueOf(v.memoryBytes()),
                v.gpus(),
                v.storageBytes(),
                v.effectiveRunner(type),
                v.command(),
                v.workingDir(),
                v.env(),
                owner,
                AgentVersion.stringMap(labels),
                budgetNanos);
    }
}
