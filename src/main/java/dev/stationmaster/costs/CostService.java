package dev.stationmaster.costs;

import dev.stationmaster.costs.CostMessages.BudgetCrossed;
import dev.stationmaster.costs.CostMessages.Charged;
import dev.stationmaster.costs.CostMessages.UsageInterval;
import dev.stationmaster.platform.bus.Bus;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Charges usage and tells when a budget is nearly or wholly spent. Bound to one event loop. */
final class CostService {
    private static final int WARN_PERCENT = 80;

    private final CostStore store;
    private final Bus bus;
    /** The limit for which a warning was given, so that it is given once for each limit. */
    private final Map<String, Long> warned = new HashMap<>();

    CostService(CostStore store, Bus bus) {
        this.store = store;
        this.bus = bus;
    }

    Future<Charged> charge(List<UsageInterval> intervals) {
        if (intervals.isEmpty()) {
            return Future.succeededFuture(new Charged(List.of()));
        }
        return store.charge(intervals).compose(charged -> checkBudgets(intervals).map(charged));
    }

    private Future<Void> checkBudgets(List<UsageInterval> intervals) {
        List<String> agents =
                intervals.stream().map(i -> Long.toString(i.agentId())).distinct().toList();
        List<String> users =
                intervals.stream().map(i -> i.userId().toString()).distinct().toList();
        return store.budgets(agents, users).map(states -> {
            states.forEach(this::tell);
            return null;
        });
    }

    private void tell(CostStore.BudgetState state) {
        if (state.spentNanos() >= state.limitNanos()) {
            bus.publish(crossed(state, 100));
        } else if (state.spentNanos() >= state.limitNanos() / 100 * WARN_PERCENT) {
            Long before = warned.put(state.scope() + state.id(), state.limitNanos());
            if (before == null || before != state.limitNanos()) {
                bus.publish(crossed(state, WARN_PERCENT));
            }
        }
    }

    private static BudgetCrossed crossed(CostStore.BudgetState state, int percent) {
        return new BudgetCrossed(state.scope(), state.id(), percent, state.spentNanos(), state.limitNanos());
    }
}
