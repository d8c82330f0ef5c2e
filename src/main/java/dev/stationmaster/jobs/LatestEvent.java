package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An event with the name of its job, for the overview. */
record LatestEvent(
        OffsetDateTime at,
        String kind,
        @Nullable String state,
        @Nullable String reason,
        @Nullable String message,
        UUID jobId,
        long agentId,
        String jobName) {

    /** As in live feeds. */
    JsonObject toJson() {
        return JobNews.eventJson(
                Times.iso(at),
                state == null ? kind : "job." + state,
                jobId.toString(),
                agentId,
                JobNews.sentence(jobName, state, reason, message));
    }
}
