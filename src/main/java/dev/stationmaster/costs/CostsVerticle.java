package dev.stationmaster.costs;

import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiHandler;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wires costs. */
public final class CostsVerticle extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(CostsVerticle.class);
    private static final long FORGET_MS = 3_600_000;

    private final Bus bus;
    private final Clock clock;
    private final Prices prices;
    private final CostStore store;
    private final BudgetStore budgets;
    private final CostService service;

    public CostsVerticle(Database database, Bus bus, Clock clock, Prices prices) {
        this.bus = bus;
        this.clock = clock;
        this.prices = prices;
        store = new CostStore(database, prices);
        budgets = new BudgetStore(database, new AuditTrail(clock));
        service = new CostService(store, budgets, bus, clock);
    }

    /** Stateless, so they may be used on every event loop. */
    public Map<String, ApiHandler> handlers() {
        return new BudgetRoutes(new BudgetService(budgets, bus, clock)).handlers();
    }

    @Override
    public Future<?> start() {
        bus.answer(CostMessages.ChargeUsage.class, question -> service.charge(question.intervals()));
        bus.answer(CostMessages.FindSpend.class, question -> store.spend(question.scope(), question.id())
                .map(CostMessages.SpendFound::new));
        bus.answer(
                CostMessages.FindSpendSummary.class,
                question -> store.summary(clock.utc().toLocalDate()));
        bus.answer(CostMessages.FindExhausted.class, question -> service.exhausted());
        bus.answer(
                CostMessages.FindHourlyCost.class,
                question -> Future.succeededFuture(new CostMessages.HourlyCost(prices.cpuRate(question.cpuMillis())
                        + prices.memoryRate(question.memoryBytes())
                        + prices.gpuRate(question.gpus()))));
        vertx.setPeriodic(FORGET_MS, id -> budgets.forget(clock.utc())
                .onFailure(e -> LOG.warn("Old sums of spend are not deleted: {}", e.toString())));
        return Future.succeededFuture();
    }
}
