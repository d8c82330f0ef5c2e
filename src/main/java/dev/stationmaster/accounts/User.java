package dev.stationmaster.accounts;

import dev.stationmaster.platform.web.Role;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;

/** An account. The password's hash never leaves this package. */
record User(
        UUID id,
        String username,
        String passwordHash,
        Role role,
        boolean disabled,
        OffsetDateTime tokensValidFrom,
        long version,
        OffsetDateTime createdAt,
        OffsetDateTime updatedAt) {

    JsonObject toJson() {
        return new JsonObject()
                .put("id", id.toString())
                .put("username", username)
                .put("role", role.wireName())
                .put("disabled", disabled)
                .put("created_at", Times.iso(createdAt))
                .put("updated_at", Times.iso(updatedAt));
    }

    @Override
    public String toString() {
        return "User[" + username + "]";
    }
}
