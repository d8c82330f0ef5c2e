package dev.stationmaster.accounts;

import dev.stationmaster.platform.web.Role;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A long-lived token for programs, without its value: only the hash is stored. */
record ApiToken(
        UUID id,
        UUID userId,
        String username,
        String name,
        Role role,
        @Nullable Long agentId,
        String prefix,
        OffsetDateTime createdAt,
        @Nullable OffsetDateTime expiresAt,
        @Nullable OffsetDateTime lastUsedAt,
        @Nullable OffsetDateTime revokedAt) {

    JsonObject toJson() {
        return new JsonObject()
                .put("id", id.toString())
                .put("name", name)
                .put("username", username)
                .put("role", role.wireName())
                .put("agent_id", agentId)
                .put("prefix", prefix)
                .put("created_at", Times.iso(createdAt))
                .put("expires_at", Times.iso(expiresAt))
                .put("last_used_at", Times.iso(lastUsedAt))
                .put("revoked_at", Times.iso(revokedAt));
    }
}
