package dev.stationmaster.jobs;

import dev.stationmaster.platform.bus.BusMessage;
import dev.stationmaster.platform.bus.Request;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What jobs say of those that shall stay up: services. JSON is passed as text. */
public interface ServiceMessages {
    /** The check of a running service has decided. A hint: the row says the same. */
    record JobHealth(
            UUID jobId,
            long agentId,
            @Nullable Boolean healthy,
            String message,
            @Nullable String address) implements BusMessage {}

    /**
     * Submits a service for a user, by the rights that user has now. The same key answers the same job. It is tried once,
     * has no time limit and is not preemptible.
     *
     * @param resourcesJson as {@code resource_requirements} in the API; null: as the agent says
     * @param serviceJson with {@code port} and {@code health_check}
     * @param key at most 200 characters, unique among the owner's submissions
     */
    record SubmitServiceJob(
            UUID ownerId,
            long agentId,
            String agentVersion,
            String name,
            @Nullable String resourcesJson,
            int priority,
            String queue,
            String serviceJson,
            Map<String, String> labels,
            String key)
            implements Request<JobMessages.JobSubmitted> {
        public SubmitServiceJob {
            labels = Map.copyOf(labels);
        }
    }

    /** These, at most 500, and all unfinished services of the agent; ids that name no job are left out. */
    record FindServices(long agentId, List<UUID> jobIds) implements Request<ServicesFound> {
        public FindServices {
            jobIds = List.copyOf(jobIds);
        }
    }

    record ServicesFound(List<ServiceFacts> services) implements BusMessage {
        public ServicesFound {
            services = List.copyOf(services);
        }
    }

    /**
     * What a service is and does.
     *
     * @param running its program runs
     * @param finished it has ended for good
     * @param healthy of the attempt that runs now; null: no check has decided
     * @param cpuCores null: not measured
     * @param costNanos nano-dollars up to now
     */
    record ServiceFacts(
            UUID id,
            String state,
            boolean running,
            boolean finished,
            @Nullable String reason,
            @Nullable String message,
            @Nullable Integer exitCode,
            String runner,
            boolean simulated,
            @Nullable String worker,
            @Nullable OffsetDateTime startedAt,
            @Nullable Boolean healthy,
            @Nullable String healthMessage,
            @Nullable String address,
            @Nullable Double cpuCores,
            @Nullable Long memoryBytes,
            long cpuMillis,
            long memoryLimitBytes,
            int gpus,
            long storageBytes,
            long costNanos) {}

    /** What all services of an agent cost up to now, those that have ended included. */
    record FindServiceCost(long agentId) implements Request<ServiceCost> {}

    record ServiceCost(long nanos) implements BusMessage {}

    /** The last value of a metric of each of these jobs, if it came at {@code since} or later. */
    record FindRecentValues(List<UUID> jobIds, String metric, OffsetDateTime since) implements Request<RecentValues> {
        public FindRecentValues {
            jobIds = List.copyOf(jobIds);
        }
    }

    record RecentValues(Map<UUID, Double> values) implements BusMessage {
        public RecentValues {
            values = Map.copyOf(values);
        }
    }

    /** How many jobs wait in a queue to be run; services do not count. */
    record FindQueueLength(String queue) implements Request<QueueLength> {}

    record QueueLength(long waiting) implements BusMessage {}
}
