package dev.stationmaster.costs;

import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;

/** Wires costs. */
public final class CostsVerticle extends VerticleBase {
    private final Bus bus;
    private final Clock clock;
    private final Prices prices;
    private final CostStore store;
    private final CostService service;

    public CostsVerticle(Database database, Bus bus, Clock clock, Prices prices) {
        this.bus = bus;
        this.clock = clock;
        this.prices = prices;
        store = new CostStore(database, prices);
        service = new CostService(store, bus);
    }

    @Override
    public Future<?> start() {
        bus.answer(CostMessages.ChargeUsage.class, question -> service.charge(question.intervals()));
        bus.answer(CostMessages.FindSpend.class, question -> store.spend(question.scope(), question.id())
                .map(CostMessages.SpendFound::new));
        bus.answer(
                CostMessages.FindSpendSummary.class,
                question -> store.summary(clock.utc().toLocalDate()));
        bus.answer(CostMessages.FindExhausted.class, question -> store.exhausted());
        bus.answer(
                CostMessages.FindHourlyCost.class,
                question -> Future.succeededFuture(new CostMessages.HourlyCost(prices.cpuRate(question.cpuMillis())
                        + prices.memoryRate(question.memoryBytes())
                        + prices.gpuRate(question.gpus()))));
        return Future.succeededFuture();
    }
}
