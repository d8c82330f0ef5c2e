package dev.stationmaster.jobs;

import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Vertx;
import java.util.Map;

/** What the parts of the worker share. All bound to one event loop. */
record WorkerParts(
        Vertx vertx,
        Clock clock,
        Bus bus,
        JobsSettings settings,
        String worker,
        JobStore store,
        JobTransitionStore transitions,
        DispatchStore dispatch,
        RecordStore records,
        JobRecorder recorder,
        JobQueue queue,
        Map<String, Runner> runners,
        RunningAttempts running,
        BudgetGate budgets,
        JobMeters meters) {}
