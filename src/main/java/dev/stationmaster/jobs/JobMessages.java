package dev.stationmaster.jobs;

import dev.stationmaster.platform.bus.BusMessage;
import dev.stationmaster.platform.bus.Request;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What jobs say to others. JSON is passed as text, encoded once. */
public interface JobMessages {
    /** A job was made or changed; {@code json} is as GET /jobs/{id} without its configuration. */
    record JobChanged(UUID jobId, long agentId, String state, String json) implements BusMessage {}

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

    record QueueChanged(long queued, long running, long retryWait) implements BusMessage {}

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
}
