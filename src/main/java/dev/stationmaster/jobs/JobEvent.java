package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** Something that happened to a job. {@code seq} is the order in the table. */
record JobEvent(
        long seq,
        OffsetDateTime at,
        String kind,
        @Nullable String state,
        @Nullable String reason,
        @Nullable String message,
        int attempt) {

    JsonObject toJson() {
        return new JsonObject()
                .put("at", Times.iso(at))
                .put("kind", kind)
                .put("state", state)
                .put("reason", reason)
                .put("message", message)
                .put("attempt", attempt);
    }
}
