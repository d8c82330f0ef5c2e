package dev.stationmaster.jobs.scheduler;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job that holds resources.
 *
 * @param onWorker its replicas by server
 * @param minRuntime it may not be preempted earlier after its start
 * @param preemptedFor for which job it makes room already, or null
 */
public record Running(
        UUID id,
        Lane.Key lane,
        Map<String, Integer> onWorker,
        Instant startedAt,
        boolean preemptible,
        Duration minRuntime,
        @Nullable UUID preemptedFor) {
    public Running {
        onWorker = Map.copyOf(onWorker);
    }

    int replicas() {
        return onWorker.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** All it holds, as one job. */
    public Amounts held() {
        return lane.need(replicas());
    }

    /** What it holds on one server, where each replica counts as one of the jobs that the server runs at once. */
    public Amounts heldOn(String worker) {
        int n = onWorker.getOrDefault(worker, 0);
        return n == 0 ? Amounts.NONE : lane.each().times(n).plus(new Amounts(0, 0, 0, 0, n));
    }
}
