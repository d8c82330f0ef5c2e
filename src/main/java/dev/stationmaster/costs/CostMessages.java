package dev.stationmaster.costs;

import dev.stationmaster.platform.bus.BusMessage;
import dev.stationmaster.platform.bus.Request;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** What costs say to others. Money in nano-dollars. Scopes are {@code agent}, {@code user}, {@code job}. */
public interface CostMessages {
    /** A job held these resources from one moment to another. */
    record UsageInterval(
            UUID jobId,
            long agentId,
            UUID userId,
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

    /** Spend reached {@code percent} (80 or 100) of a budget. 100 is repeated while money is still being spent. */
    record BudgetCrossed(String scope, String id, int percent, long spentNanos, long limitNanos)
            implements BusMessage {}

    /** Which budgets have nothing left? */
    record FindExhausted() implements Request<Exhausted> {}

    record Exhausted(Set<String> agents, Set<String> users) implements BusMessage {
        public Exhausted {
            agents = Set.copyOf(agents);
            users = Set.copyOf(users);
        }
    }

    /** What so much costs while it is held. */
    record FindHourlyCost(long cpuMillis, long memoryBytes, int gpus) implements Request<HourlyCost> {}

    record HourlyCost(long nanos) implements BusMessage {}
}
