package dev.stationmaster.costs;

import dev.stationmaster.platform.bus.BusMessage;
import dev.stationmaster.platform.bus.Request;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What costs say to others. Money in nano-dollars. Scopes are {@code agent}, {@code user}, {@code job}. */
public interface CostMessages {
    /** A job held these resources from one moment to another. */
    record UsageInterval(
            UUID jobId,
            long agentId,
            UUID userId,
            String queue,
            OffsetDateTime from,
            OffsetDateTime to,
            long cpuMillis,
            long memoryBytes,
            int gpus) {}

    /** Charges each interval once: what was charged before for the same time is left out. */
    record ChargeUsage(List<UsageInterval> intervals) implements Request<Charged> {
        public ChargeUsage {
            intervals = List.copyOf(intervals);
        }
    }

    record JobTotal(UUID jobId, long nanos) {}

    /** The new totals of the jobs. */
    record Charged(List<JobTotal> totals) implements BusMessage {
        public Charged {
            totals = List.copyOf(totals);
        }
    }

    record FindSpend(String scope, String id) implements Request<SpendFound> {}

    record SpendFound(long nanos) implements BusMessage {}

    record FindSpendSummary() implements Request<SpendSummary> {}

    record SpendSummary(long todayNanos, long monthNanos, long totalNanos) implements BusMessage {}

    /**
     * A limit on spending and whom it concerns. No simulated job counts, nor is any held by it.
     *
     * @param scope {@code agent}, {@code user}, {@code queue} or {@code everyone}
     * @param id of the agent or user, name of the queue, empty for everyone
     * @param name null: the total limit of an agent or user
     * @param gpusOnly it counts GPU-seconds and concerns only jobs with GPUs
     * @param refusesNew spent, it takes no new jobs, not even to wait
     * @param stopsRunning spent, it stops what runs
     * @param resetsAt null: never
     */
    record Limit(
            String scope,
            String id,
            @Nullable String name,
            boolean gpusOnly,
            boolean refusesNew,
            boolean stopsRunning,
            @Nullable OffsetDateTime resetsAt) {}

    /**
     * Spend reached {@code percent} (80 or 100) of a limit. 100 is repeated while money is still being spent.
     *
     * @param spent in nano-dollars or GPU-microseconds, as {@code most}
     */
    record BudgetCrossed(Limit limit, int percent, long spent, long most) implements BusMessage {}

    /** Somebody made, changed or deleted a budget. */
    record BudgetsChanged() implements BusMessage {}

    /** Which limits have nothing left? */
    record FindExhausted() implements Request<Exhausted> {}

    record Exhausted(List<Limit> limits) implements BusMessage {
        public Exhausted {
            limits = List.copyOf(limits);
        }
    }

    /** What so much costs while it is held. */
    record FindHourlyCost(long cpuMillis, long memoryBytes, int gpus) implements Request<HourlyCost> {}

    record HourlyCost(long nanos) implements BusMessage {}
}
