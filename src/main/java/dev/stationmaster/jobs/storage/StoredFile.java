package dev.stationmaster.jobs.storage;

import io.vertx.core.json.JsonObject;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A file as a list shows it.
 *
 * @param name path within its folder
 * @param tag changes with the content; null where the store has none
 */
public record StoredFile(
        String name,
        long sizeBytes,
        Instant modifiedAt,
        @Nullable String tag) {
    public JsonObject toJson() {
        return new JsonObject()
                .put("name", name)
                .put("size_bytes", sizeBytes)
                .put("modified_at", modifiedAt.toString());
    }
}
