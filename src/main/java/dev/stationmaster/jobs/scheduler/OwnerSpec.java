package dev.stationmaster.jobs.scheduler;

import java.util.Map;
import java.util.UUID;

/**
 * What one owner may use and used.
 *
 * @param weight of their fair share, above 0
 * @param quota over all queues
 * @param quotaByQueue further limits inside single queues
 * @param recentShare decayed mean of their dominant share, see {@link RecentUse}; counts where it is more than what they use
 *     now
 */
public record OwnerSpec(UUID id, double weight, Amounts quota, Map<String, Amounts> quotaByQueue, double recentShare) {
    public OwnerSpec {
        quotaByQueue = Map.copyOf(quotaByQueue);
    }

    Amounts quotaIn(String queue) {
        return quotaByQueue.getOrDefault(queue, Amounts.NO_LIMIT);
    }
}
