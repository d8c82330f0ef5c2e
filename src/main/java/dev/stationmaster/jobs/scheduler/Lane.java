package dev.stationmaster.jobs.scheduler;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Decision.Block;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Waiting jobs that differ only in age. If the first can't start, none can, so the scheduler looks at lanes and its cost
 * does not depend on how many jobs wait in them.
 *
 * @param heads the oldest, first first; a part of the lane
 * @param length how many wait in all
 * @param held why the lane may not start now for a reason outside the scheduler (a spent budget), or null
 */
public record Lane(
        Key key, List<Head> heads, long length, @Nullable Block held) {
    /** @param resources of one replica */
    public record Key(
            String queue,
            UUID owner,
            long agentId,
            String runner,
            int priority,
            Resources resources,
            int replicas,
            int minReplicas) {

        Amounts each() {
            return Amounts.of(resources, 0);
        }

        /** What {@code n} replicas of one job take. */
        Amounts need(int n) {
            return Amounts.of(resources, 0).times(n).plus(new Amounts(0, 0, 0, 0, 1));
        }
    }

    /** A waiting job. */
    public record Head(UUID id, Instant queuedAt) {}

    public Lane {
        heads = List.copyOf(heads);
    }
}
