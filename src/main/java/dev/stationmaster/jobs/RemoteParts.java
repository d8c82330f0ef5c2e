package dev.stationmaster.jobs;

import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.jobs.workers.WorkerStore;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Vertx;

/** What serving remote workers needs, one set for each gateway. */
record RemoteParts(
        Vertx vertx,
        Clock clock,
        Bus bus,
        JobsSettings settings,
        JobStores stores,
        JobQueue queue,
        BudgetGate budgets,
        LaunchPreparer preparer) {
    RemoteStore remote() {
        return stores.remote();
    }

    WorkerStore workers() {
        return stores.workers();
    }
}
