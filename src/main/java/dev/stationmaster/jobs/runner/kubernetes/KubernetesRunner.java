package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.jobs.runner.Exit;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.LaunchException;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.jobs.runner.RunnerEvents;
import dev.stationmaster.platform.config.Quantity;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs attempts as Jobs of a cluster. Its pods outlive this server, and any server that reaches the cluster may adopt them.
 * While the cluster is silent it offers nothing, and what runs goes on, up to a limit. Jobs of this server that belong to
 * no attempt are deleted. Lives on one event loop.
 */
public final class KubernetesRunner implements Runner {
    private static final int WORKERS = 8;
    private static final Duration AFTER_KILL = Duration.ofSeconds(15);

    private final Vertx vertx;
    private final KubernetesSettings settings;
    private final AttemptParts parts;
    private final WorkerExecutor worker;
    private final ClusterWatch watch;
    private final Map<AttemptName, KubernetesAttempt> attempts = new HashMap<>();
    private boolean closed;

    /**
     * Asks the cluster what it has, and goes on without when it does not answer.
     *
     * @param server whose Jobs these are; the same after a restart
     */
    public KubernetesRunner(Vertx vertx, Clock clock, KubernetesSettings settings, String server, int maxLineBytes) {
        this.vertx = vertx;
        this.settings = settings;
        this.worker = vertx.createSharedWorkerExecutor("kubernetes-runner", WORKERS);
        this.parts = new AttemptParts(
                vertx, worker, clock, new KubernetesApi(settings), settings, AttemptName.label(server), maxLineBytes);
        this.watch = new ClusterWatch(parts, attempts);
    }

    @Override
    public String name() {
        return "kubernetes";
    }

    @Override
    public Resources capacity() {
        return watch.capacity().all();
    }

    @Override
    public Resources largest() {
        return watch.capacity().largest();
    }

    @Override
    public boolean available() {
        return watch.isReachable();
    }

    @Override
    public boolean outlivesServer() {
        return true;
    }

    @Override
    public boolean shared() {
        return true;
    }

    @Override
    public Future<Integer> cleanUp() {
        watch.start();
        return watch.deleteStrays();
    }

    @Override
    public Future<Void> launch(Launch launch, RunnerEvents events) {
        AttemptName name = AttemptName.of(launch);
        String image = launch.image();
        LaunchException refused = refusal(launch);
        if (refused != null || image == null) {
            return Future.failedFuture(
                    refused == null ? new LaunchException("The agent has no docker_image.") : refused);
        }
        watch.start();
        var attempt = new KubernetesAttempt(parts, launch, events);
        attempts.put(name, attempt);
        return attempt.start(image)
                .onSuccess(runs -> vertx.runOnContext(told -> awaitEnd(name, attempt, events)))
                .onFailure(e -> watch.forget(name));
    }

    private @Nullable LaunchException refusal(Launch launch) {
        long cpu = launch.limits().cpuMillis() * launch.replicas();
        if (closed) {
            return new LaunchException("The runner is being closed.");
        }
        if (attempts.containsKey(AttemptName.of(launch))) {
            return new LaunchException("This attempt runs already.");
        }
        if (attempts.size() >= settings.maxJobs()) {
            return new LaunchException(
                    "runner_full", "This server runs as many pods as it may (" + settings.maxJobs() + ").");
        }
        return cpu > settings.maxCpuMillis()
                ? new LaunchException(
                        "setup_failed",
                        "It asks for " + Quantity.ofMillis(cpu) + " CPU; a job may have "
                                + Quantity.ofMillis(settings.maxCpuMillis()) + " here.")
                : null;
    }

    private void awaitEnd(AttemptName name, KubernetesAttempt attempt, RunnerEvents events) {
        attempt.exit().onSuccess(exit -> {
            watch.forget(name);
            if (!attempt.isLetGo()) {
                events.exited(exit);
            }
        });
    }

    @Override
    public Future<Boolean> adopt(Launch launch, RunnerEvents events) {
        AttemptName name = AttemptName.of(launch);
        if (closed || attempts.containsKey(name)) {
            return Future.succeededFuture(false);
        }
        watch.start();
        var attempt = new KubernetesAttempt(parts, launch, events);
        attempts.put(name, attempt);
        return attempt.adopt()
                .onSuccess(there -> {
                    if (there) {
                        vertx.runOnContext(told -> awaitEnd(name, attempt, events));
                    } else {
                        watch.forget(name);
                    }
                })
                .onFailure(e -> watch.forget(name));
    }

    @Override
    public void stop(UUID jobId, long lease, Duration grace) {
        Map.copyOf(attempts).forEach((name, attempt) -> {
            if (name.jobId().equals(jobId) && name.lease() == lease) {
                attempt.end(Exit.Cause.STOPPED, "stopped on request", grace);
            }
        });
    }

    @Override
    public Future<Void> close(Duration grace) {
        if (closed) {
            return Future.succeededFuture();
        }
        closed = true;
        var ends = new ArrayList<Future<?>>();
        for (KubernetesAttempt attempt : List.copyOf(attempts.values())) {
            if (attempt.launch().replicas() == 1) {
                attempt.letGo();
            } else {
                attempt.end(Exit.Cause.STOPPED, "stopped because the server is being closed", grace);
                ends.add(attempt.exit());
            }
        }
        Future<Void> late = vertx.timer(grace.plus(AFTER_KILL).toMillis(), TimeUnit.MILLISECONDS)
                .mapEmpty();
        Future<Void> ended = ends.isEmpty()
                ? Future.succeededFuture()
                : Future.any(Future.join(ends).otherwiseEmpty(), late).mapEmpty();
        return ended.compose(done -> worker.<@Nullable Void>executeBlocking(() -> {
                    watch.close();
                    return null;
                }))
                .eventually(worker::close);
    }
}
