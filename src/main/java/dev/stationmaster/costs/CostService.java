package dev.stationmaster.costs;

import dev.stationmaster.costs.CostMessages.BudgetCrossed;
import dev.stationmaster.costs.CostMessages.Charged;
import dev.stationmaster.costs.CostMessages.Exhausted;
import dev.stationmaster.costs.CostMessages.UsageInterval;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Charges usage and tells when a budget is nearly or wholly spent. Bound to one event loop. */
final class CostService {
    private static final Logger LOG = LoggerFactory.getLogger(CostService.class);
    private static final int WARN_PERCENT = 80;

    private final CostStore store;
    private final BudgetStore budgets;
    private final Bus bus;
    private final Clock clock;
    /** The total limit for which a warning was given, so that it is given once for each limit. */
    private final Map<String, Long> warned = new HashMap<>();

    CostService(CostStore store, BudgetStore budgets, Bus bus, Clock clock) {
        this.store = store;
        this.budgets = budgets;
        this.bus = bus;
        this.clock = clock;
    }

    Future<Charged> charge(List<UsageInterval> intervals) {
        if (intervals.isEmpty()) {
            return Future.succeededFuture(new Charged(List.of()));
        }
        return store.charge(intervals).compose(charged -> checkBudgets(intervals)
                // the charge is committed: whoever asked must not take it for failed; the next one looks again
                .onFailure(e -> LOG.warn("Budgets are not checked: {}", e.toString()))
                .transform(checked -> Future.succeededFuture(charged)));
    }

    private Future<Void> checkBudgets(List<UsageInterval> intervals) {
        List<String> agents = distinct(intervals, i -> Long.toString(i.agentId()));
        List<String> users = distinct(intervals, i -> i.userId().toString());
        List<String> queues = distinct(intervals, UsageInterval::queue);
        OffsetDateTime now = clock.utc();
        var totals = store.budgets(agents, users);
        var periods = budgets.concerned(now, agents, users, queues);
        return Future.all(totals, periods).compose(both -> {
            totals.result().forEach(this::tell);
            return Future.all(periods.result().stream()
                            .map(budget -> tell(budget, now))
                            .toList())
                    .mapEmpty();
        });
    }

    private static List<String> distinct(List<UsageInterval> intervals, Function<UsageInterval, String> field) {
        return intervals.stream().map(field).distinct().toList();
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
        return new BudgetCrossed(
                CostStore.total(state.scope(), state.id()), percent, state.spentNanos(), state.limitNanos());
    }

    private Future<Void> tell(Budget budget, OffsetDateTime now) {
        if (budget.isExhausted()) {
            bus.publish(new BudgetCrossed(budget.limitAt(now), 100, budget.spent(), budget.limit()));
            return Future.succeededFuture();
        }
        OffsetDateTime period = budget.period().start(now);
        OffsetDateTime known = budget.warnedFor();
        if (!budget.isNearlySpent() || (known != null && known.isEqual(period))) {
            return Future.succeededFuture();
        }
        return budgets.markWarned(budget, period).map(first -> {
            if (first) {
                bus.publish(new BudgetCrossed(budget.limitAt(now), WARN_PERCENT, budget.spent(), budget.limit()));
            }
            return null;
        });
    }

    /** Every limit that has nothing left. */
    Future<Exhausted> exhausted() {
        OffsetDateTime now = clock.utc();
        var totals = store.exhausted();
        var periods = budgets.exhausted(now);
        return Future.all(totals, periods).map(both -> {
            var limits = new ArrayList<>(totals.result());
            periods.result().forEach(budget -> limits.add(budget.limitAt(now)));
            return new Exhausted(limits);
        });
    }
}
