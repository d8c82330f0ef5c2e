package dev.stationmaster.jobs;

import dev.stationmaster.platform.bus.BusMessage;
import dev.stationmaster.platform.bus.LazyJson;
import dev.stationmaster.platform.bus.Request;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What jobs say to others. JSON is passed as text, encoded once. */
public interface JobMessages {
    /** A job was made or changed; {@code json} is as GET /jobs/{id} without its configuration. */
    record JobChanged(UUID jobId, long agentId, String state, LazyJson json) implements BusMessage {}

    /** Committed log lines; {@code offset} is the byte offset of the first. */
    record JobLog(UUID jobId, long agentId, int attempt, long offset, List<String> lines) implements BusMessage {
        public JobLog {
            lines = List.copyOf(lines);
        }
    }

    record JobMetric(
            UUID jobId,
            long agentId,
            int attempt,
            @Nullable Long step,
            @Nullable Long totalSteps,
            String metricsJson,
            OffsetDateTime at)
            implements BusMessage {}

    /** Null: not measured. */
    record JobUsage(
            UUID jobId,
            long agentId,
            @Nullable Double cpuCores,
            @Nullable Long memoryBytes,
            OffsetDateTime at) implements BusMessage {}

    /** A line for people who watch. */
    record LiveEvent(
            OffsetDateTime at,
            String kind,
            @Nullable UUID jobId,
            @Nullable Long agentId,
            String message) implements BusMessage {}

    /** A remote worker was given a job. */
    record WorkerAssigned(String worker) implements BusMessage {}

    /** An attempt ended elsewhere: something that waits may start. */
    record RoomFreed() implements BusMessage {}

    record QueueChanged(long queued, long running, long retryWait) implements BusMessage {}

    /** A queue was made, changed or deleted by somebody. */
    record QueueConfigChanged(String queue) implements BusMessage {}

    /** What would become of a job if it were submitted now? The agent's budget and the owner's quota count. */
    record PlanJob(
            String queue,
            UUID ownerId,
            long agentId,
            String runner,
            int priority,
            long cpuMillis,
            long memoryBytes,
            int gpus,
            long storageBytes,
            int replicas,
            int minReplicas)
            implements Request<Plan> {}

    /**
     * @param victims running jobs that would be asked to make room
     * @param likelyStart when it would start, with bounds; null: nobody knows
     */
    record Plan(
            boolean startsNow,
            @Nullable String reason,
            @Nullable String message,
            List<UUID> victims,
            @Nullable OffsetDateTime earliestStart,
            @Nullable OffsetDateTime likelyStart,
            @Nullable OffsetDateTime latestStart)
            implements BusMessage {
        public Plan {
            victims = List.copyOf(victims);
        }
    }

    /** The dispatcher wants the room of a running job: a hint to the worker that runs it. */
    record PreemptRequested(UUID jobId, long lease) implements BusMessage {}

    /** Somebody cancelled an active job: a hint to the worker that runs it. */
    record CancelRequested(UUID jobId, long lease) implements BusMessage {}

    /** Jobs not finished, of an agent or of an owner. */
    record CountActiveJobs(@Nullable Long agentId, @Nullable UUID ownerId) implements Request<ActiveJobs> {}

    record ActiveJobs(long count) implements BusMessage {}

    /** What the admitted and running jobs of an owner hold. */
    record FindHeld(UUID ownerId) implements Request<Held> {}

    record Held(long cpuMillis, long memoryBytes, int gpus, long storageBytes) implements BusMessage {}

    /** For the start of a live topic: {@code jobs}, {@code job:ID}, {@code agent:ID}, {@code queue}, {@code events}. */
    record FindSnapshot(String topic) implements Request<Snapshot> {}

    /** The {@code data} of a snapshot frame. */
    record Snapshot(String json) implements BusMessage {}

    /** The agent a job belongs to, for deciding who may watch it; null when there is no such job. */
    record FindJobAgent(UUID jobId) implements Request<JobAgent> {}

    record JobAgent(@Nullable Long agentId) implements BusMessage {}

    /**
     * What can be judged of a job. JSON as text.
     *
     * @param timeoutSeconds of one attempt; null: none
     */
    record JobFacts(
            UUID id,
            UUID ownerId,
            String owner,
            long agentId,
            String agentName,
            String agentVersion,
            String name,
            int priority,
            String runner,
            boolean simulated,
            int maxAttempts,
            String hyperparametersJson,
            String trainingConfigJson,
            long cpuMillis,
            long memoryBytes,
            int gpus,
            long storageBytes,
            @Nullable Long timeoutSeconds,
            Map<String, String> labels,
            OffsetDateTime createdAt) {
        public JobFacts {
            labels = Map.copyOf(labels);
        }
    }

    /** Newest first, at most {@code limit}; null filters mean any. */
    record FindJobs(
            boolean unfinishedOnly,
            @Nullable Long agentId,
            @Nullable String owner,
            int limit) implements Request<JobsFound> {}

    record JobsFound(List<JobFacts> jobs) implements BusMessage {
        public JobsFound {
            jobs = List.copyOf(jobs);
        }
    }

    /**
     * Submits a job for a user, by the rights that user has now. The same key answers the same job, so that whoever
     * crashed in between may ask again. JSON as text.
     *
     * @param agentVersion the job runs this one, whatever the agent's present version is; null: the present one
     * @param resourcesJson as {@code resource_requirements} in the API; null: as the agent says
     * @param key at most 200 characters, unique among the owner's submissions
     */
    record SubmitJob(
            UUID ownerId,
            long agentId,
            @Nullable String agentVersion,
            String name,
            String hyperparametersJson,
            String trainingConfigJson,
            @Nullable String resourcesJson,
            int priority,
            String queue,
            int maxAttempts,
            @Nullable Long timeoutSeconds,
            Map<String, String> labels,
            String key)
            implements Request<JobSubmitted> {
        public SubmitJob {
            labels = Map.copyOf(labels);
        }
    }

    record JobSubmitted(UUID jobId) implements BusMessage {}

    /** Cancels a job in the name of {@code actor}, a part of the server; a finished one stays as it is. */
    record CancelJob(UUID jobId, String actor) implements Request<JobStopped> {}

    record JobStopped(UUID jobId, String state) implements BusMessage {}

    /** At most 500; ids that name no job are left out. */
    record FindRuns(List<UUID> jobIds) implements Request<RunsFound> {
        public FindRuns {
            jobIds = List.copyOf(jobIds);
        }
    }

    record RunsFound(List<RunFacts> runs) implements BusMessage {
        public RunsFound {
            runs = List.copyOf(runs);
        }
    }

    /**
     * What a job is and did.
     *
     * @param metricsJson the latest value of each metric
     * @param costNanos nano-dollars up to now; 0 for simulated ones
     */
    record RunFacts(
            UUID id,
            String owner,
            long agentId,
            String agentName,
            String agentVersion,
            String name,
            String state,
            boolean finished,
            @Nullable String reason,
            @Nullable String message,
            boolean simulated,
            String hyperparametersJson,
            String trainingConfigJson,
            String metricsJson,
            long costNanos,
            @Nullable Long step,
            @Nullable Long totalSteps,
            OffsetDateTime createdAt,
            @Nullable OffsetDateTime startedAt,
            @Nullable OffsetDateTime finishedAt) {}

    /** One metric of some jobs in numbers; jobs that never reported it are left out. Points without step count from 1. */
    record FindRunValues(List<UUID> jobIds, String metric, List<Long> steps) implements Request<RunValuesFound> {
        public FindRunValues {
            jobIds = List.copyOf(jobIds);
            steps = List.copyOf(steps);
        }
    }

    record RunValuesFound(List<RunValues> runs) implements BusMessage {
        public RunValuesFound {
            runs = List.copyOf(runs);
        }
    }

    /** @param atSteps for each step asked for that was reached, the first value at or after it */
    record RunValues(UUID jobId, double last, long lastStep, double min, double max, List<CurvePoint> atSteps) {
        public RunValues {
            atSteps = List.copyOf(atSteps);
        }
    }

    record CurvePoint(long step, double value) {}

    /** Metric curves of some jobs, cut down to at most {@code points} a curve on one grid of steps for all. */
    record FindCurves(List<UUID> jobIds, List<String> metrics, int points) implements Request<CurvesFound> {
        public FindCurves {
            jobIds = List.copyOf(jobIds);
            metrics = List.copyOf(metrics);
        }
    }

    record CurvesFound(List<Curve> curves) implements BusMessage {
        public CurvesFound {
            curves = List.copyOf(curves);
        }
    }

    /** Each point is the last value of its piece of the grid, at the step where the piece begins. */
    record Curve(UUID jobId, String metric, List<CurvePoint> points) {
        public Curve {
            points = List.copyOf(points);
        }
    }

    /** Deletes what is in the checkpoint folders of finished jobs on this server; a folder still in use stays. */
    record DeleteCheckpoints(List<UUID> jobIds) implements Request<CheckpointsDeleted> {
        public DeleteCheckpoints {
            jobIds = List.copyOf(jobIds);
        }
    }

    /** Which jobs have no checkpoints here any more. */
    record CheckpointsDeleted(List<UUID> jobIds) implements BusMessage {
        public CheckpointsDeleted {
            jobIds = List.copyOf(jobIds);
        }
    }
}
