package dev.stationmaster.jobs.runner;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * For agents without a command: pretends to train, through the same contract as a program, so that all that follows
 * (logs, metrics, retries, costs) can be seen without one. Says so in its first line. The curve depends on the job id
 * and its hyperparameters only; see {@link SimulationPlan}. Lives on one event loop.
 */
public final class SimulationRunner implements Runner {
    private static final Logger log = LoggerFactory.getLogger(SimulationRunner.class);
    private static final Duration AFTER_GRACE = Duration.ofSeconds(5);

    private final Vertx vertx;
    private final Resources capacity;
    private final Map<Key, Running> attempts = new HashMap<>();
    private boolean closed;

    private record Key(UUID jobId, long lease, int replica) {}

    private record Running(SimulatedAttempt attempt, Future<Void> gone) {}

    public SimulationRunner(Vertx vertx, Resources capacity) {
        this.vertx = vertx;
        this.capacity = capacity;
    }

    @Override
    public String name() {
        return "simulation";
    }

    @Override
    public Resources capacity() {
        return capacity;
    }

    /** Simulated attempts end with their server: nothing is ever left over. */
    @Override
    public Future<Integer> cleanUp() {
        return Future.succeededFuture(0);
    }

    @Override
    public Future<Void> launch(Launch launch, RunnerEvents events) {
        Key key = new Key(launch.jobId(), launch.lease(), launch.replica());
        if (closed || attempts.containsKey(key)) {
            return Future.failedFuture(
                    new LaunchException(closed ? "The runner is being closed." : "This attempt runs already."));
        }
        SimulatedAttempt attempt;
        try {
            attempt = new SimulatedAttempt(vertx, launch, events);
        } catch (LaunchException e) {
            return Future.failedFuture(e);
        }
        Future<Void> gone = attempt.run()
                .onComplete(result -> attempts.remove(key))
                .onSuccess(events::exited)
                .onFailure(e -> log.error("Reporting the end of {} failed", launch, e))
                .mapEmpty();
        attempts.put(key, new Running(attempt, gone));
        return Future.succeededFuture();
    }

    @Override
    public void stop(UUID jobId, long lease, Duration grace) {
        Map.copyOf(attempts).forEach((key, running) -> { // an end takes it out at once
            if (key.jobId().equals(jobId) && key.lease() == lease) {
                running.attempt().end(new Exit(Exit.Cause.STOPPED, null, "stopped on request"));
            }
        });
    }

    @Override
    public Future<Void> close(Duration grace) {
        closed = true;
        List<Running> running = List.copyOf(attempts.values());
        for (Running one : running) {
            one.attempt().end(new Exit(Exit.Cause.STOPPED, null, "stopped because the server is being closed"));
        }
        Future<Void> late = vertx.timer(grace.plus(AFTER_GRACE).toMillis(), TimeUnit.MILLISECONDS)
                .mapEmpty();
        return Future.any(Future.join(running.stream().map(Running::gone).toList()), late)
                .mapEmpty();
    }
}
