package dev.stationmaster.jobs;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.platform.db.IdempotencyStore;
import dev.stationmaster.platform.web.Caller;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job that passed every check and is about to be written.
 *
 * @param redrive only if the letter of {@code retriedFrom} is still open
 * @param graphId of those that it was submitted together with, or null
 */
record NewJob(
        UUID id,
        Caller caller,
        long agentId,
        String agentName,
        String agentVersion,
        String name,
        int priority,
        String runner,
        boolean simulated,
        int maxAttempts,
        JsonObject hyperparameters,
        JsonObject trainingConfig,
        Resources resources,
        Scheduling scheduling,
        StartRules starts,
        RetryRules retries,
        @Nullable Long timeoutSeconds,
        JsonObject labels,
        @Nullable JsonObject service,
        @Nullable UUID retriedFrom,
        boolean redrive,
        @Nullable UUID graphId,
        UUID folderId,
        OffsetDateTime now,
        IdempotencyStore.@Nullable Key key) {

    /** As its row reads once the database gave it a place in the order. */
    Job withSeq(long seq) {
        return new Job(
                id,
                seq,
                caller.userId(),
                caller.username(),
                agentId,
                agentName,
                agentVersion,
                name,
                priority,
                starts.first(now),
                null,
                null,
                runner,
                simulated,
                0,
                0,
                maxAttempts,
                0,
                0,
                null,
                null,
                null,
                new JsonObject(),
                0,
                null,
                hyperparameters,
                trainingConfig,
                resources,
                scheduling,
                starts,
                retries,
                timeoutSeconds,
                labels,
                service,
                retriedFrom,
                graphId,
                folderId,
                1,
                now,
                now,
                starts.runAt(),
                null,
                null);
    }
}
