package dev.stationmaster.jobs;

import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.jobs.runner.gpu.GpuState;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What this server does for a dispatcher that may sit elsewhere: says what it offers, and begins the jobs it was given.
 * Bound to the worker's event loop.
 */
final class Assignments {
    private final WorkerParts parts;
    private final ClusterStore cluster;
    private final Consumer<Job> start;
    private boolean looking;

    Assignments(WorkerParts parts, ClusterStore cluster, Consumer<Job> start) {
        this.parts = parts;
        this.cluster = cluster;
        this.start = start;
    }

    Future<Void> announce() {
        Map<String, ClusterStore.Offered> offered = new LinkedHashMap<>();
        for (Runner runner : parts.runners().values()) {
            List<GpuState> gpus = runner.gpus();
            if (gpus != null) {
                gpus.forEach(gpu -> parts.meters().gpu(gpu.device()));
            }
            if (runner.available()) {
                offered.put(runner.name(), new ClusterStore.Offered(runner.capacity(), GpuViews.of(gpus)));
            }
        }
        return cluster.announce(parts.worker(), offered, parts.settings().maxRunning());
    }

    /** Nothing more is to be given to this server. */
    Future<Void> leave() {
        return cluster.leave(parts.worker(), List.of());
    }

    /** Begins what was given to this server and not begun, in case the message that told of it was lost. */
    Future<Void> look() {
        if (looking) {
            return Future.succeededFuture();
        }
        looking = true;
        return cluster.assigned(parts.worker())
                .onComplete(done -> looking = false)
                .map(jobs -> {
                    jobs.forEach(start);
                    return null;
                });
    }
}
