package dev.stationmaster.jobs;

import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How a job takes part in the competition for machines.
 *
 * @param replicas its program runs so many times at once, all or nothing
 * @param minReplicas it starts with so few where there is no room for more
 * @param replicasStarted of its last attempt; 1 before
 * @param preemptible whether it may be asked to make room
 * @param minRuntimeSeconds not before it ran so long
 * @param preemptedFor the job it makes room for at present
 * @param preemptDeadline by when it should have ended; then comes SIGTERM
 * @param preemptAcknowledged its program said that it saves its state
 * @param preemptions how often it made room
 */
record Scheduling(
        String queue,
        int replicas,
        int minReplicas,
        int replicasStarted,
        boolean preemptible,
        int minRuntimeSeconds,
        @Nullable UUID preemptedFor,
        @Nullable OffsetDateTime preemptDeadline,
        boolean preemptAcknowledged,
        int preemptions) {
    static final String DEFAULT_QUEUE = "default";
    static final Scheduling DEFAULT = of(DEFAULT_QUEUE, 1, 1, false, 0);

    /** As submitted. */
    static Scheduling of(String queue, int replicas, int minReplicas, boolean preemptible, int minRuntimeSeconds) {
        return new Scheduling(queue, replicas, minReplicas, 1, preemptible, minRuntimeSeconds, null, null, false, 0);
    }

    /** The same as if it was never run. */
    Scheduling again() {
        return of(queue, replicas, minReplicas, preemptible, minRuntimeSeconds);
    }
}
