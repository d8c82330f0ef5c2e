package dev.stationmaster.jobs;

import dev.stationmaster.jobs.queues.JobQueueConfig;
import dev.stationmaster.jobs.queues.QueueStore;
import dev.stationmaster.jobs.scheduler.QueueSpec;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The queues as the dispatcher needs them, with what their rate limits leave. Bound to the worker's event loop.
 */
final class QueueCatalog {
    private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final QueueStore store;
    private final Clock clock;
    private Map<String, JobQueueConfig> queues = Map.of();
    /** When jobs of rate-limited queues started within the last minute. */
    private final Map<String, ArrayDeque<Long>> starts = new HashMap<>();

    QueueCatalog(QueueStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    /** Within the transaction of a decision: whoever was told that a queue is on hold sees nothing start after that. */
    Future<Void> refresh(SqlConnection tx) {
        return store.all(tx).map(all -> {
            Map<String, JobQueueConfig> byName = new HashMap<>();
            all.forEach(queue -> byName.put(queue.name(), queue));
            queues = byName;
            starts.keySet().retainAll(byName.keySet());
            return null;
        });
    }

    Map<String, QueueSpec> specs() {
        Map<String, QueueSpec> specs = new HashMap<>();
        queues.forEach((name, queue) -> specs.put(name, queue.spec(startsLeft(queue))));
        return specs;
    }

    private long startsLeft(JobQueueConfig queue) {
        Integer limit = queue.maxStartsPerMinute();
        if (limit == null) {
            return Long.MAX_VALUE;
        }
        ArrayDeque<Long> recent = starts.computeIfAbsent(queue.name(), name -> new ArrayDeque<>());
        while (!recent.isEmpty() && clock.nanos() - recent.peek() >= MINUTE_NANOS) {
            recent.poll();
        }
        return Math.max(0, limit - recent.size());
    }

    void started(String queue) {
        JobQueueConfig config = queues.get(queue);
        if (config != null && config.maxStartsPerMinute() != null) {
            starts.computeIfAbsent(queue, name -> new ArrayDeque<>()).add(clock.nanos());
        }
    }
}
