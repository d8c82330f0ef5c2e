package dev.stationmaster.worker;

import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.LaunchException;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.jobs.runner.RunnerEvents;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.UUID;

/** For a box without a runner that fits: says so. */
final class NoRunner implements Runner {
    @Override
    public String name() {
        return "none";
    }

    @Override
    public Resources capacity() {
        return Resources.NONE;
    }

    @Override
    public Future<Integer> cleanUp() {
        return Future.succeededFuture(0);
    }

    @Override
    public Future<Void> launch(Launch launch, RunnerEvents events) {
        return Future.failedFuture(new LaunchException("This worker has no runner for it."));
    }

    @Override
    public void stop(UUID jobId, long lease, Duration grace) {
        // nothing runs
    }

    @Override
    public Future<Void> close(Duration grace) {
        return Future.succeededFuture();
    }
}
