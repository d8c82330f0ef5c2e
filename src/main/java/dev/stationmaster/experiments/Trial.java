package dev.stationmaster.experiments;

import dev.stationmaster.platform.web.Money;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One planned run of an experiment, and what became of it.
 *
 * @param simulated null: not known before its job has been seen
 * @param value the primary metric as the experiment counts it; null: not known
 * @param metrics the last value of every metric
 */
record Trial(
        UUID experimentId,
        int number,
        String variant,
        long seed,
        long agentId,
        String agentVersion,
        JsonObject hyperparameters,
        TrialState state,
        @Nullable String reason,
        @Nullable String message,
        @Nullable UUID jobId,
        @Nullable Boolean simulated,
        @Nullable Double value,
        JsonObject metrics,
        @Nullable Long steps,
        long costNanos,
        boolean checkpointsDeleted,
        @Nullable OffsetDateTime finishedAt) {

    static Trial planned(
            UUID experiment,
            int number,
            String variant,
            long seed,
            long agentId,
            String agentVersion,
            JsonObject hyperparameters) {
        return new Trial(
                experiment,
                number,
                variant,
                seed,
                agentId,
                agentVersion,
                hyperparameters,
                TrialState.PLANNED,
                null,
                null,
                null,
                null,
                null,
                new JsonObject(),
                null,
                0,
                false,
                null);
    }

    JsonObject toJson() {
        return new JsonObject()
                .put("trial", number)
                .put("variant", variant)
                .put("seed", seed)
                .put("agent_id", agentId)
                .put("agent_version", agentVersion)
                .put("hyperparameters", hyperparameters)
                .put("state", state.wireName())
                .put("reason", reason)
                .put("message", message)
                .put("job_id", jobId == null ? null : jobId.toString())
                .put("artifacts", jobId == null ? null : "/api/v1/jobs/" + jobId + "/artifacts")
                .put("simulated", simulated)
                .put("value", value)
                .put("metrics", metrics)
                .put("steps", steps)
                .put("cost", Money.dollars(costNanos))
                .put("checkpoints_deleted", checkpointsDeleted)
                .put("finished_at", Times.iso(finishedAt));
    }
}
