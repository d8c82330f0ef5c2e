package dev.stationmaster.jobs;

import dev.stationmaster.jobs.queue.QueuedJob;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.platform.config.Quantity;
import dev.stationmaster.platform.web.Money;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A job as its row says. JSON columns are shared, not copied: treat them as read-only. */
record Job(
        UUID id,
        long seq,
        UUID ownerId,
        String owner,
        long agentId,
        String agentName,
        String agentVersion,
        String name,
        int priority,
        JobState state,
        @Nullable String reason,
        @Nullable String message,
        String runner,
        boolean simulated,
        int attempt,
        int failures,
        int maxAttempts,
        int lostLeases,
        long lease,
        @Nullable String worker,
        @Nullable Long step,
        @Nullable Long totalSteps,
        JsonObject metrics,
        long costNanos,
        @Nullable Integer exitCode,
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
        @Nullable UUID graphId,
        UUID folderId,
        long version,
        OffsetDateTime createdAt,
        OffsetDateTime queuedAt,
        @Nullable OffsetDateTime runAt,
        @Nullable OffsetDateTime startedAt,
        @Nullable OffsetDateTime finishedAt) {

    /** Whether it shall stay up: a replica of a deployment. */
    boolean isService() {
        return service != null;
    }

    /** As the index knows it. */
    QueuedJob queued() {
        return new QueuedJob(id, lane(), queuedAt.toInstant());
    }

    Lane.Key lane() {
        return new Lane.Key(
                scheduling.queue(),
                ownerId,
                agentId,
                runner,
                priority,
                resources,
                scheduling.replicas(),
                scheduling.minReplicas());
    }

    /** What all replicas of its last attempt hold together. */
    Resources held() {
        return resources.times(scheduling.replicasStarted());
    }

    /** The same job with what it waits for. */
    Job waitingFor(String code, String text) {
        return new Job(
                id,
                seq,
                ownerId,
                owner,
                agentId,
                agentName,
                agentVersion,
                name,
                priority,
                state,
                code,
                text,
                runner,
                simulated,
                attempt,
                failures,
                maxAttempts,
                lostLeases,
                lease,
                worker,
                step,
                totalSteps,
                metrics,
                costNanos,
                exitCode,
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
                version,
                createdAt,
                queuedAt,
                runAt,
                startedAt,
                finishedAt);
    }

    /** As in the API. {@code position} is known only while queued. */
    JsonObject toJson(@Nullable Long position) {
        JsonObject json = summary();
        if (state == JobState.QUEUED && reason == null && position != null) { // nobody looked at it yet
            json.put("reason", "waiting_for_capacity").put("message", "It is number " + position + " in the queue.");
        }
        return json.put("queue_position", position)
                .put("estimated_start_at", null)
                .put("estimated_start_earliest", null)
                .put("estimated_start_latest", null)
                .put("hyperparameters", hyperparameters)
                .put("training_config", trainingConfig);
    }

    /** Without the configuration: for live feeds. */
    JsonObject summary() {
        return new JsonObject()
                .put("id", id.toString())
                .put("name", name)
                .put("agent_id", agentId)
                .put("agent_name", agentName)
                .put("agent_version", agentVersion)
                .put("owner", owner)
                .put("priority", priority)
                .put("state", state.wireName())
                .put("reason", reason)
                .put("message", message)
                .put("simulated", simulated)
                .put("runner", runner)
                .put("attempt", attempt)
                .put("max_attempts", maxAttempts)
                .put("progress", progress())
                .put("metrics", metrics)
                .put("cost", Money.dollars(costNanos))
                .put("exit_code", exitCode)
                .put("resource_requirements", resourcesJson(resources))
                .put("replicas", scheduling.replicas())
                .put("min_replicas", scheduling.minReplicas())
                .put("replicas_started", attempt == 0 ? null : scheduling.replicasStarted())
                .put("queue", scheduling.queue())
                .put("preemptible", scheduling.preemptible())
                .put("min_runtime_seconds", scheduling.minRuntimeSeconds())
                .put(
                        "preempted_for",
                        scheduling.preemptedFor() == null
                                ? null
                                : scheduling.preemptedFor().toString())
                .put("preemptions", scheduling.preemptions())
                .put(
                        "depends_on",
                        new JsonArray(
                                starts.dependsOn().stream().map(UUID::toString).toList()))
                .put("dedup_key", starts.dedup() == null ? null : starts.dedup().key())
                .put(
                        "queue_timeout_seconds",
                        starts.queueTimeout() == null
                                ? null
                                : starts.queueTimeout().toSeconds())
                .put("timeout_seconds", timeoutSeconds)
                .put("labels", labels)
                .put("kind", isService() ? "service" : "job")
                .put("deployment", isService() ? "/api/v1/agents/" + agentId + "/deployment" : null)
                .put("retried_from", retriedFrom == null ? null : retriedFrom.toString())
                .put("graph_id", graphId == null ? null : graphId.toString())
                .put("created_at", Times.iso(createdAt))
                .put("queued_at", Times.iso(queuedAt))
                .put("run_at", Times.iso(runAt))
                .put("started_at", Times.iso(startedAt))
                .put("finished_at", Times.iso(finishedAt));
    }

    /** For those who judge it. */
    JobMessages.JobFacts facts() {
        var ofLabels = new LinkedHashMap<String, String>();
        labels.forEach(label -> ofLabels.put(label.getKey(), String.valueOf(label.getValue())));
        return new JobMessages.JobFacts(
                id,
                ownerId,
                owner,
                agentId,
                agentName,
                agentVersion,
                name,
                priority,
                runner,
                simulated,
                maxAttempts,
                hyperparameters.encode(),
                trainingConfig.encode(),
                resources.cpuMillis(),
                resources.memoryBytes(),
                resources.gpus(),
                resources.storageBytes(),
                timeoutSeconds,
                ofLabels,
                createdAt);
    }

    private JsonObject progress() {
        Double fraction = step == null || totalSteps == null || totalSteps <= 0
                ? null
                : Double.valueOf(Math.min(1, (double) step / totalSteps));
        return new JsonObject().put("step", step).put("total_steps", totalSteps).put("fraction", fraction);
    }

    static JsonObject resourcesJson(Resources r) {
        return new JsonObject()
                .put("cpu", Quantity.ofMillis(r.cpuMillis()))
                .put("memory", Quantity.ofBytes(r.memoryBytes()))
                .put("gpu", Integer.toString(r.gpus()))
                .put("storage", Quantity.ofBytes(r.storageBytes()));
    }
}
