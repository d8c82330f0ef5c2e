package dev.stationmaster.jobs.runner.docker;

import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import dev.stationmaster.jobs.runner.Exit;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.RunnerEvents;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One container from its start to its reported exit. Lives on one event loop; what blocks runs on {@code worker}.
 *
 * <p>The end: output read to its end → state read → container removed → exit reported. An engine that does not answer is
 * asked again for a while, because containers outlive it.
 */
final class DockerAttempt {
    private static final Logger LOG = LoggerFactory.getLogger(DockerAttempt.class);
    private static final long LOOK_AGAIN_MS = 500;

    private final Vertx vertx;
    private final WorkerExecutor worker;
    private final Clock clock;
    private final DockerEngine engine;
    private final Duration engineGrace;
    private final Launch launch;
    private final RunnerEvents events;
    private final ContainerOutput output;
    private final ContainerUsage usage = new ContainerUsage();
    private final Promise<Void> gone = Promise.promise();
    private boolean letGo;
    private @Nullable String container;
    private @Nullable ImagePull pull;
    private Exit.@Nullable Cause cause;
    private String message = "";
    private long wallClockTimer = -1;
    private long killTimer = -1;
    private long killTimerAt;
    /** Since when the engine is silent; 0: it is not. */
    private long silentSince;

    DockerAttempt(
            Vertx vertx,
            WorkerExecutor worker,
            Clock clock,
            DockerEngine engine,
            Duration engineGrace,
            int maxLineBytes,
            Launch launch,
            RunnerEvents events) {
        this.vertx = vertx;
        this.worker = worker;
        this.clock = clock;
        this.engine = engine;
        this.engineGrace = engineGrace;
        this.launch = launch;
        this.events = events;
        this.output = new ContainerOutput(vertx.getOrCreateContext(), maxLineBytes, events::lines);
    }

    /** While its image is being pulled. */
    void pulling(ImagePull image) {
        pull = image;
        if (cause != null) {
            image.cancel();
        }
    }

    boolean isToEnd() {
        return cause != null;
    }

    /** Whether it runs and nobody asked it to end. */
    boolean goesOn() {
        return container != null && cause == null;
    }

    /** It runs on, and nothing more is done about it here. */
    void letGo() {
        letGo = true;
        vertx.cancelTimer(wallClockTimer);
        gone.tryComplete();
    }

    /** To be called once, when the container runs. Completes with the exit, all output handed over; never if it was let go. */
    Future<Exit> run(String id) {
        container = id;
        pull = null;
        Duration limit = launch.wallClockLimit();
        if (limit != null) {
            wallClockTimer = vertx.setTimer(
                    Math.max(1, limit.toMillis()),
                    fired -> end(
                            Exit.Cause.TIMEOUT,
                            "ran longer than its limit of " + limit.toSeconds() + " s",
                            launch.grace()));
        }
        if (cause != null) { // asked to end while it was being started
            signal("SIGTERM");
        }
        return read(id).compose(exit -> {
            vertx.cancelTimer(wallClockTimer);
            vertx.cancelTimer(killTimer);
            return onWorker(() -> {
                        output.finish();
                        return exit;
                    })
                    .otherwise(exit);
        });
    }

    private Future<Exit> read(String id) {
        Promise<Void> ended = Promise.promise();
        return onWorker(() -> {
                    engine.follow(id, output.reading(ended));
                    return true;
                })
                .compose(following -> ended.future())
                .compose(done -> onWorker(() -> engine.state(id)))
                .transform(state -> letGo
                        ? Future.future(never -> {})
                        : state.succeeded() ? ended(id, state.result()) : silent(id, state.cause()));
    }

    private Future<Exit> silent(String id, Throwable error) {
        if (silentSince == 0) {
            silentSince = clock.nanos();
            LOG.warn("The container engine does not answer: {}", error.toString());
        }
        return clock.nanos() - silentSince < engineGrace.toNanos()
                ? vertx.timer(LOOK_AGAIN_MS, TimeUnit.MILLISECONDS).compose(fired -> read(id))
                : Future.succeededFuture(new Exit(
                        Exit.Cause.LOST,
                        null,
                        "the container engine did not answer for " + engineGrace.toSeconds() + " s"));
    }

    private Future<Exit> ended(String id, Optional<ContainerState> state) {
        silentSince = 0;
        if (state.isEmpty()) {
            return Future.succeededFuture(new Exit(Exit.Cause.LOST, null, "somebody removed its container"));
        }
        return Boolean.TRUE.equals(state.get().getRunning())
                ? vertx.timer(LOOK_AGAIN_MS, TimeUnit.MILLISECONDS).compose(fired -> read(id))
                : Future.succeededFuture(exit(state.get()));
    }

    private Exit exit(ContainerState state) {
        Exit own = ContainerExit.of(state, launch.limits().memoryBytes());
        return cause == null ? own : new Exit(cause, own.code(), message);
    }

    /** The first call decides the cause; a later one can only shorten the time that is left. */
    void end(Exit.Cause why, String text, Duration grace) {
        if (cause == null) {
            cause = why;
            message = text;
            if (pull != null) {
                pull.cancel();
            }
            signal("SIGTERM");
        }
        killAfter(grace);
    }

    private void killAfter(Duration grace) {
        long at = clock.nanos() + grace.toNanos();
        if (gone.future().isComplete() || (killTimer >= 0 && killTimerAt - at <= 0)) {
            return;
        }
        vertx.cancelTimer(killTimer);
        killTimerAt = at;
        killTimer = vertx.setTimer(Math.max(1, grace.toMillis()), fired -> signal("SIGKILL"));
    }

    private void signal(String name) {
        String id = container;
        if (id != null) {
            onWorker(() -> {
                        engine.signal(id, name);
                        return true;
                    })
                    .onFailure(e -> LOG.warn("{} to the container of {} failed: {}", name, launch, e.toString()));
        }
    }

    /** Reads what it uses, and tells. */
    Future<Void> measure() {
        String id = container;
        return id == null || gone.future().isComplete()
                ? Future.succeededFuture()
                : onWorker(() -> Optional.ofNullable(engine.usage(id))).map(sample -> {
                    sample.ifPresent(s -> events.usage(usage.measure(s, clock.nanos())));
                    return null;
                });
    }

    Launch launch() {
        return launch;
    }

    void tell(Exit exit) {
        events.exited(exit);
    }

    /** Completed by the runner when the exit is reported, or the start failed. */
    Promise<Void> gone() {
        return gone;
    }

    private <T> Future<T> onWorker(Callable<T> work) {
        return worker.executeBlocking(work, false);
    }
}
