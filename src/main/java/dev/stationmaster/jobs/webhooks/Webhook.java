package dev.stationmaster.jobs.webhooks;

import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A webhook without its secret. Null filters mean any.
 *
 * @param events states of jobs
 * @param jobOwner whose jobs, by user name
 * @param disabledReason why the server switched it off, or null
 */
record Webhook(
        UUID id,
        String name,
        String url,
        UUID ownerId,
        String owner,
        List<String> events,
        @Nullable String queue,
        @Nullable Long agentId,
        @Nullable String jobOwner,
        boolean enabled,
        @Nullable String disabledReason,
        @Nullable OffsetDateTime failingSince,
        long version,
        OffsetDateTime createdAt,
        OffsetDateTime updatedAt) {
    Webhook {
        events = List.copyOf(events);
    }

    /** For its owner: the URL may hold what only they should know. */
    JsonObject toJson() {
        return described().put("url", url);
    }

    /** For the audit log. */
    JsonObject toAudit() {
        return described().put("host", URI.create(url).getHost());
    }

    private JsonObject described() {
        return new JsonObject()
                .put("id", id.toString())
                .put("name", name)
                .put("owner", owner)
                .put("events", new JsonArray(events))
                .put("queue", queue)
                .put("agent_id", agentId)
                .put("job_owner", jobOwner)
                .put("enabled", enabled)
                .put("disabled_reason", disabledReason)
                .put("failing_since", Times.iso(failingSince))
                .put("version", version)
                .put("created_at", Times.iso(createdAt))
                .put("updated_at", Times.iso(updatedAt));
    }
}
