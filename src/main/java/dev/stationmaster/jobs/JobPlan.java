package dev.stationmaster.jobs;

import dev.stationmaster.costs.CostMessages.HourlyCost;
import dev.stationmaster.jobs.JobMessages.Plan;
import dev.stationmaster.platform.web.Money;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The answer to a submission that is only tried. */
final class JobPlan {
    private static final double NANOS_PER_HOUR_TO_SECOND = 3_600.0;

    private JobPlan() {}

    static JsonObject json(NewJob job, Plan plan, HourlyCost cost, OffsetDateTime now) {
        JobState first = job.starts().first(now);
        boolean waits = first != JobState.QUEUED;
        Long perHour = job.simulated() ? Long.valueOf(0) : Long.valueOf(cost.nanos());
        return new JsonObject()
                .put("dry_run", true)
                .put("state", first.wireName())
                .put("runner", job.runner())
                .put("starts_now", plan.startsNow() && !waits)
                .put("reason", waits ? first.wireName() : plan.reason())
                .put("message", waits ? null : plan.message())
                .put(
                        "would_preempt",
                        new JsonArray(
                                plan.victims().stream().map(UUID::toString).toList()))
                .put("estimated_start_at", start(job, plan, now, waits))
                .put("estimated_start_earliest", waits ? null : Times.iso(plan.earliestStart()))
                .put("estimated_start_latest", waits ? null : Times.iso(plan.latestStart()))
                .put("cost_per_hour", Money.dollars(perHour))
                .put("max_cost", maxCost(job, perHour));
    }

    private static @Nullable String start(NewJob job, Plan plan, OffsetDateTime now, boolean waits) {
        if (waits) {
            return Times.iso(job.starts().runAt());
        }
        return Times.iso(plan.startsNow() ? now : plan.likelyStart());
    }

    /** What it can cost at most; null where no timeout bounds it. */
    private static @Nullable Object maxCost(NewJob job, long nanosPerHour) {
        Long seconds = job.timeoutSeconds();
        return seconds == null
                ? null
                : Money.dollars(
                        Math.round(nanosPerHour / NANOS_PER_HOUR_TO_SECOND * seconds) * (long) job.maxAttempts());
    }
}
