package dev.stationmaster.jobs;

import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How a job takes part in the competition for machines.
 *
 * @param preemptible whether it may be asked to make room
 * @param minRuntimeSeconds not before it ran so long
 * @param preemptedFor the job it makes room for at present
 * @param preemptDeadline by when it should have ended; then comes SIGTERM
 * @param preemptAcknowledged its program said that it saves its state
 * @param preemptions how often it made room
 */
record Scheduling(
        String queue,
        boolean preemptible,
        int minRuntimeSeconds,
        @Nullable UUID preemptedFor,
        @Nullable OffsetDateTime preemptDeadline,
        boolean preemptAcknowledged,
        int preemptions) {
    static final String DEFAULT_QUEUE = "default";
    static final Scheduling DEFAULT = of(DEFAULT_QUEUE, false, 0);

    /** As submitted. */
    static Scheduling of(String queue, boolean preemptible, int minRuntimeSeconds) {
        return new Scheduling(queue, preemptible, minRuntimeSeconds, null, null, false, 0);
    }
}
