package dev.stationmaster.accounts;

import dev.stationmaster.accounts.AccountMessages.QueueLimits;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a user may use at the same time, and spend in all.
 *
 * @param budgetNanos null: no limit
 * @param jobs how many jobs at once, null: no limit
 * @param weight of the fair share, 1 is usual
 * @param queues further limits inside single queues
 */
public record Quota(
        long cpuMillis,
        long memoryBytes,
        int gpus,
        long storageBytes,
        @Nullable Long budgetNanos,
        @Nullable Long jobs,
        double weight,
        List<QueueLimits> queues) {
    public Quota {
        queues = List.copyOf(queues);
    }

    /** Limits on resources alone. */
    public static Quota of(long cpuMillis, long memoryBytes, int gpus, long storageBytes) {
        return new Quota(cpuMillis, memoryBytes, gpus, storageBytes, null, null, 1, List.of());
    }
}
