package dev.stationmaster.jobs.webhooks;

import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One message to one receiver, as people see it.
 *
 * @param state pending, delivered or failed
 * @param statusCode of the last answer; null: there was none
 */
record Delivery(
        UUID id,
        UUID webhookId,
        @Nullable UUID jobId,
        String event,
        String state,
        int tries,
        OffsetDateTime nextAt,
        @Nullable Integer statusCode,
        @Nullable String error,
        OffsetDateTime createdAt,
        @Nullable OffsetDateTime finishedAt) {

    JsonObject toJson() {
        return new JsonObject()
                .put("id", id.toString())
                .put("message_id", messageId(id))
                .put("event", event)
                .put("job_id", jobId == null ? null : jobId.toString())
                .put("state", state)
                .put("tries", tries)
                .put("status_code", statusCode)
                .put("error", error)
                .put("next_try_at", "pending".equals(state) ? Times.iso(nextAt) : null)
                .put("created_at", Times.iso(createdAt))
                .put("finished_at", Times.iso(finishedAt));
    }

    /** What the receiver sees as {@code webhook-id}: the same for every try, so that it can leave out repeats. */
    static String messageId(UUID id) {
        return "msg_" + id;
    }
}
