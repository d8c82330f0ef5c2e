package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.Money;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** An attempt as its row says, running or over. */
record AttemptView(
        int attempt,
        long lease,
        String runner,
        String worker,
        @Nullable String outcome,
        @Nullable String reason,
        @Nullable String message,
        @Nullable Integer exitCode,
        @Nullable OffsetDateTime startedAt,
        @Nullable OffsetDateTime finishedAt,
        long costNanos,
        @Nullable Long peakMemoryBytes) {

    JsonObject toJson() {
        return new JsonObject()
                .put("attempt", attempt)
                .put("lease", lease)
                .put("runner", runner)
                .put("worker", worker)
                .put("outcome", outcome)
                .put("reason", reason)
                .put("message", message)
                .put("exit_code", exitCode)
                .put("started_at", Times.iso(startedAt))
                .put("finished_at", Times.iso(finishedAt))
                .put("cost", Money.dollars(costNanos))
                .put("peak_memory_bytes", peakMemoryBytes);
    }
}
