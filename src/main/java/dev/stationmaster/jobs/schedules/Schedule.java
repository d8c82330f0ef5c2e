package dev.stationmaster.jobs.schedules;

import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A schedule as its row says.
 *
 * @param job what is submitted, as in the API
 * @param runsMissed whether a time that passed while no server ran is made up for, once
 */
record Schedule(
        UUID id,
        String name,
        UUID ownerId,
        String owner,
        long agentId,
        String cron,
        String timeZone,
        JsonObject job,
        boolean runsMissed,
        boolean enabled,
        OffsetDateTime nextRunAt,
        @Nullable OffsetDateTime lastRunAt,
        @Nullable UUID lastJobId,
        @Nullable String lastError,
        long version,
        OffsetDateTime createdAt,
        OffsetDateTime updatedAt) {

    JsonObject toJson() {
        return new JsonObject()
                .put("id", id.toString())
                .put("name", name)
                .put("owner", owner)
                .put("cron", cron)
                .put("time_zone", timeZone)
                .put("missed_runs", runsMissed ? "run_once" : "skip")
                .put("enabled", enabled)
                .put("job", job)
                .put("next_run_at", enabled ? Times.iso(nextRunAt) : null)
                .put("last_run_at", Times.iso(lastRunAt))
                .put("last_job_id", lastJobId == null ? null : lastJobId.toString())
                .put("last_error", lastError)
                .put("version", version)
                .put("created_at", Times.iso(createdAt))
                .put("updated_at", Times.iso(updatedAt));
    }

    Schedule changed(
            String newCron,
            String newZone,
            JsonObject newJob,
            boolean newMissed,
            boolean newEnabled,
            OffsetDateTime next,
            OffsetDateTime now) {
        return new Schedule(
                id,
                name,
                ownerId,
                owner,
                newJob.getLong("agent_id"),
                newCron,
                newZone,
                newJob,
                newMissed,
                newEnabled,
                next,
                lastRunAt,
                lastJobId,
                lastError,
                version,
                createdAt,
                now);
    }
}
