package dev.stationmaster.jobs.runner;

import dev.stationmaster.jobs.runner.gpu.GpuState;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the replicas of an attempt together on another runner: all of them start or none, the first that fails ends the
 * rest, and the attempt has succeeded when every one of them has. An attempt of one replica passes through as it is.
 */
public final class GangRunner implements Runner {
    private static final Logger LOG = LoggerFactory.getLogger(GangRunner.class);

    private final Vertx vertx;
    private final Runner each;

    public GangRunner(Vertx vertx, Runner each) {
        this.vertx = vertx;
        this.each = each;
    }

    @Override
    public String name() {
        return each.name();
    }

    @Override
    public Resources capacity() {
        return each.capacity();
    }

    @Override
    public @Nullable List<GpuState> gpus() {
        return each.gpus();
    }

    @Override
    public Resources largest() {
        return each.largest();
    }

    @Override
    public boolean available() {
        return each.available();
    }

    @Override
    public boolean outlivesServer() {
        return each.outlivesServer();
    }

    @Override
    public boolean shared() {
        return each.shared();
    }

    /** Only of one replica: nobody knows any more which line was told by which. */
    @Override
    public Future<Boolean> adopt(Launch launch, RunnerEvents events) {
        return launch.replicas() == 1 ? each.adopt(launch, events) : Future.succeededFuture(false);
    }

    @Override
    public Future<Integer> cleanUp() {
        return each.cleanUp();
    }

    @Override
    public Future<Void> launch(Launch launch, RunnerEvents events) {
        if (launch.replicas() == 1) {
            return each.launch(launch, events);
        }
        var gang = new Gang(launch.replicas(), events, () -> stop(launch.jobId(), launch.lease(), launch.grace()));
        var starts = new ArrayList<Future<Void>>();
        for (int i = 0; i < launch.replicas(); i++) {
            int replica = i;
            starts.add(each.launch(launch.of(i), gang.events(i)).onFailure(e -> gang.notStarted(replica)));
        }
        return Future.join(starts)
                .<Void>mapEmpty()
                .onSuccess(all -> vertx.runOnContext(told -> gang.allStarted())) // the caller knows of the start first
                .recover(e -> {
                    LOG.info("Not all replicas of {} could be started: {}", launch, e.toString());
                    stop(launch.jobId(), launch.lease(), launch.grace());
                    return gang.silentEnd().compose(ended -> Future.failedFuture(e));
                });
    }

    @Override
    public void stop(UUID jobId, long lease, Duration grace) {
        each.stop(jobId, lease, grace);
    }

    @Override
    public Future<Void> close(Duration grace) {
        return each.close(grace);
    }
}
