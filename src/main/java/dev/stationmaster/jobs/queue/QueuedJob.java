package dev.stationmaster.jobs.queue;

import dev.stationmaster.jobs.scheduler.Lane;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * A waiting job as the index knows it.
 *
 * @param queuedAt when it was submitted; it keeps its place when it comes back
 */
public record QueuedJob(UUID id, Lane.Key lane, Instant queuedAt) {
    /** Microseconds of {@link #queuedAt}: the order in its lane, and exact in the double that Redis keeps until 2255. */
    public long score() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, queuedAt);
    }

    static Instant instant(double score) {
        return Instant.EPOCH.plus((long) score, ChronoUnit.MICROS);
    }
}
