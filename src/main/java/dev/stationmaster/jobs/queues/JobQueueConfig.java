package dev.stationmaster.jobs.queues;

import dev.stationmaster.jobs.scheduler.Amounts;
import dev.stationmaster.jobs.scheduler.QueueSpec;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A queue as its row says.
 *
 * @param maxStartsPerMinute null: no rate limit
 */
public record JobQueueConfig(
        String name,
        @Nullable String description,
        @Nullable String cohort,
        double weight,
        QueueSpec.Policy policy,
        QueueSpec.State state,
        Amounts nominal,
        Amounts borrowing,
        Amounts lending,
        @Nullable Integer maxStartsPerMinute,
        long version,
        OffsetDateTime createdAt,
        OffsetDateTime updatedAt) {

    /** For the scheduler. */
    public QueueSpec spec(long startsLeft) {
        return new QueueSpec(name, cohort, weight, policy, state, nominal, borrowing, lending, startsLeft);
    }

    JsonObject toJson() {
        return new JsonObject()
                .put("name", name)
                .put("description", description)
                .put("cohort", cohort)
                .put("weight", weight)
                .put("policy", policy.name().toLowerCase(Locale.ROOT))
                .put("state", state.name().toLowerCase(Locale.ROOT))
                .put("nominal_quota", LimitsJson.toApi(nominal))
                .put("borrowing_limit", LimitsJson.toApi(borrowing))
                .put("lending_limit", LimitsJson.toApi(lending))
                .put("max_starts_per_minute", maxStartsPerMinute)
                .put("version", version)
                .put("created_at", Times.iso(createdAt))
                .put("updated_at", Times.iso(updatedAt));
    }
}
