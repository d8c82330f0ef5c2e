package dev.stationmaster.jobs.queue;

import java.util.UUID;

/**
 * A waiting job as the index knows it.
 *
 * @param priority 1..10, higher first
 * @param seq order of submission, for jobs of the same priority
 */
public record QueuedJob(UUID id, int priority, long seq, String runner, UUID owner) {
    private static final int TOP = 10;
    /** 2^42 jobs fit between two priorities, and 9 x 2^42 is exact in the double that Redis keeps. */
    private static final long STEP = 1L << 42;

    /** Lower comes first. */
    public long score() {
        return (TOP - priority) * STEP + seq;
    }
}
