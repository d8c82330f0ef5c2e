package dev.stationmaster.jobs.runner;

import dev.stationmaster.jobs.runner.ProcessLauncher.Started;
import dev.stationmaster.platform.process.ProcessStat;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt from start to its reported exit. Lives on one event loop; what blocks runs on {@code worker}.
 *
 * <p>The end: leader gone → rest of its session ended → output read to its end → exit reported. Who asks first for the
 * end gives the cause; the session then has until {@code grace} is over.
 */
final class ProcessAttempt {
    private static final Logger log = LoggerFactory.getLogger(ProcessAttempt.class);
    private static final long POLL_MILLIS = 50;
    private static final long KILL_TAKES_NANOS = Duration.ofSeconds(10).toNanos();

    private final Vertx vertx;
    private final Context context;
    private final WorkerExecutor worker;
    private final Clock clock;
    private final ProcessRunnerSettings settings;
    private final Launch launch;
    private final RunnerEvents events;
    private final UsageMeter meter = new UsageMeter();
    private final Promise<Void> gone = Promise.promise();
    private @Nullable Started started;
    private Exit.@Nullable Cause cause;
    private String message = "";
    private Duration grace = Duration.ZERO;
    private boolean killed;
    private long killedAt;
    private long wallClockTimer = -1;
    private long killTimer = -1;
    private long killTimerAt;
    private boolean leaderGone;

    ProcessAttempt(
            Vertx vertx,
            WorkerExecutor worker,
            Clock clock,
            ProcessRunnerSettings settings,
            Launch launch,
            RunnerEvents events) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.worker = worker;
        this.clock = clock;
        this.settings = settings;
        this.launch = launch;
        this.events = events;
    }

    /** To be called once, when the program runs. The future completes with the exit, all output handed over. */
    Future<Exit> run(Started running) {
        started = running;
        OutputPump pump = new OutputPump(running.output(), settings, context, events::lines);
        Future<Void> outputEnd = pump.start("output-" + running.group().pid());
        Duration limit = launch.wallClockLimit();
        if (limit != null) {
            wallClockTimer = vertx.setTimer(
                    Math.max(1, limit.toMillis()),
                    id -> end(Exit.Cause.TIMEOUT, "ran longer than its limit of " + seconds(limit), launch.grace()));
        }
        if (cause != null) { // asked to end while it was being started
            beginEnd(running);
        }
        return Future.fromCompletionStage(running.process().onExit(), context)
                .compose(process -> {
                    leaderGone = true;
                    vertx.cancelTimer(wallClockTimer);
                    return endRest(running);
                })
                .compose(nothing -> drain(pump, outputEnd))
                .transform(result -> Future.succeededFuture(
                        result.succeeded() ? exit(running.process().exitValue()) : broken(result.cause())))
                .onComplete(exit -> vertx.cancelTimer(killTimer));
    }

    /** The first call decides the cause; a later one can only shorten the time that is left. */
    void end(Exit.Cause why, String text, Duration allowed) {
        if (cause != null || leaderGone) {
            killAfter(allowed);
            return;
        }
        cause = why;
        message = text;
        grace = allowed;
        if (started != null) {
            beginEnd(started);
        }
    }

    /** Null while it is being started. */
    @Nullable
    ProcessGroup group() {
        return started == null ? null : started.group();
    }

    /** Completed by the runner when the exit is reported, or the start failed. */
    Promise<Void> gone() {
        return gone;
    }

    /** Takes one look at its processes. */
    void measured(List<ProcessStat> members, long nanos) {
        if (leaderGone) {
            return;
        }
        Usage usage = meter.measure(members, nanos);
        events.usage(usage);
        Long used = usage.memoryBytes();
        long limit = launch.limits().memoryBytes();
        if (used != null && limit > 0 && used > limit && cause == null) {
            // At once: what has outgrown its limit takes memory from everybody else.
            end(
                    Exit.Cause.OUT_OF_MEMORY,
                    "used " + mebibytes(used) + " of memory, more than its limit of " + mebibytes(limit),
                    Duration.ZERO);
        }
    }

    private void beginEnd(Started running) {
        if (grace.isZero()) {
            kill(running);
            return;
        }
        signal(running, "TERM");
        killAfter(grace);
    }

    private void killAfter(Duration allowed) {
        long at = clock.nanos() + allowed.toNanos();
        if (gone.future().isComplete() || (killTimer >= 0 && killTimerAt - at <= 0)) {
            return;
        }
        vertx.cancelTimer(killTimer);
        killTimerAt = at;
        killTimer = vertx.setTimer(Math.max(1, allowed.toMillis()), id -> {
            if (started != null) {
                kill(started);
            }
        });
    }

    private void kill(Started running) {
        if (!killed) {
            killed = true;
            killedAt = clock.nanos();
        }
        signal(running, "KILL");
    }

    private void signal(Started running, String name) {
        onWorker(() -> {
                    running.group().signal(name);
                    return true;
                })
                .onFailure(e -> log.error("Signal {} to {} failed", name, launch, e));
    }

    /** Ends whoever is left of the session, so that nothing outlives the attempt. */
    private Future<Void> endRest(Started running) {
        if (cause == null && !killed) {
            killed = true; // its own end: nobody asked for time
            killedAt = clock.nanos();
        }
        return onWorker(() -> {
                    boolean empty = running.group().empty();
                    if (!empty && killed) {
                        running.group().signal("KILL");
                    }
                    return empty;
                })
                .compose(empty -> {
                    if (empty) {
                        return Future.succeededFuture();
                    }
                    if (killed && clock.nanos() - killedAt > KILL_TAKES_NANOS) {
                        log.error("Processes of {} do not end even by force", launch);
                        return Future.succeededFuture();
                    }
                    return vertx.timer(POLL_MILLIS, TimeUnit.MILLISECONDS).compose(nothing -> endRest(running));
                });
    }

    /** Reads on to the end of the output; gives up on one who left the session and holds it open in silence. */
    private Future<Void> drain(OutputPump pump, Future<Void> outputEnd) {
        pump.expectEnd();
        long timer = vertx.setPeriodic(POLL_MILLIS, id -> {
            if (pump.idleFor(settings.drain().toNanos())) {
                vertx.cancelTimer(id);
                onWorker(() -> {
                            pump.abandon();
                            return true;
                        })
                        .onFailure(e -> log.error("Closing the output of {} failed", launch, e));
            }
        });
        return outputEnd.onComplete(result -> vertx.cancelTimer(timer));
    }

    private <T> Future<T> onWorker(Callable<T> work) {
        return worker.executeBlocking(work, false);
    }

    private Exit exit(int code) {
        return cause == null ? new Exit(Exit.Cause.EXITED, code, ExitText.of(code)) : new Exit(cause, code, message);
    }

    private static Exit broken(Throwable e) {
        log.error("The runner lost an attempt", e);
        return new Exit(Exit.Cause.RUNNER_ERROR, null, "the runner lost it: " + e);
    }

    private static String seconds(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + " s" : duration.toMillis() + " ms";
    }

    private static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }
}
