package dev.stationmaster.policies;

import dev.stationmaster.platform.web.Times;
import dev.stationmaster.policies.language.Target;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A stored policy.
 *
 * @param file the file it comes from, which alone may change it; null: it was made over the API
 * @param version counts changes, for ETags
 */
record Policy(
        UUID id,
        PolicyDraft draft,
        @Nullable String file,
        long version,
        String createdBy,
        OffsetDateTime createdAt,
        OffsetDateTime updatedAt) {

    String name() {
        return draft.name();
    }

    boolean appliesTo(Target target) {
        return draft.appliesTo().contains(target);
    }

    JsonObject toJson() {
        var targets = new JsonArray();
        draft.appliesTo().forEach(target -> targets.add(target.wireName()));
        return new JsonObject()
                .put("id", id.toString())
                .put("name", draft.name())
                .put("description", draft.description())
                .put("expression", draft.expression())
                .put("message", draft.message())
                .put("mode", draft.mode().wireName())
                .put("applies_to", targets)
                .put("enabled", draft.enabled())
                .put("source", file == null ? "api" : "file")
                .put("file", file)
                .put("version", version)
                .put("created_by", createdBy)
                .put("created_at", Times.iso(createdAt))
                .put("updated_at", Times.iso(updatedAt));
    }
}
