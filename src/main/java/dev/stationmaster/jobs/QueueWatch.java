package dev.stationmaster.jobs;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.platform.bus.Bus;
import io.vertx.core.Future;
import java.util.Map;

/** Counts jobs now and then, when something changed, for meters and live feeds. */
final class QueueWatch {
    private final JobStore store;
    private final Bus bus;
    private final JobMeters meters;
    private final RunningAttempts running;
    private final Map<String, Runner> runners;
    private boolean dirty = true;

    QueueWatch(JobStore store, Bus bus, JobMeters meters, RunningAttempts running, Map<String, Runner> runners) {
        this.store = store;
        this.bus = bus;
        this.meters = meters;
        this.running = running;
        this.runners = runners;
    }

    void changed() {
        dirty = true;
    }

    Future<Void> look() {
        Resources used = runners.keySet().stream().map(running::used).reduce(Resources.NONE, Resources::plus);
        meters.clusterUsage("cpu", used.cpuMillis() / 1000.0);
        meters.clusterUsage("memory", (double) used.memoryBytes());
        meters.clusterUsage("gpu", used.gpus());
        if (!dirty) {
            return Future.succeededFuture();
        }
        dirty = false;
        return store.countUnfinished().map(counts -> {
            long queued = counts.getOrDefault("queued", 0L);
            long active = counts.getOrDefault("admitted", 0L)
                    + counts.getOrDefault("starting", 0L)
                    + counts.getOrDefault("running", 0L)
                    + counts.getOrDefault("cancelling", 0L);
            meters.queueLength(queued);
            bus.publish(new JobMessages.QueueChanged(queued, active, counts.getOrDefault("retry_wait", 0L)));
            return null;
        });
    }
}
