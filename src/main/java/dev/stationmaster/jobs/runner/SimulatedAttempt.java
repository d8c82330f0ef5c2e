package dev.stationmaster.jobs.runner;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.CopyOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One pretended attempt: a line of metrics and a checkpoint for each step, by timer. Lives on one event loop. At any
 * moment it either waits for its timer or for a step's lines to be taken; an end asked for meanwhile comes after these.
 */
final class SimulatedAttempt {
    static final String NOTICE = "[simulation] no program is run and nothing is measured: all numbers are made up";

    private static final Duration USAGE_EVERY = Duration.ofSeconds(1);

    private final Vertx vertx;
    private final Launch launch;
    private final RunnerEvents events;
    private final SimulationPlan plan;
    private final SimulatedCurve curve;
    private final String checkpoint;
    private final Promise<Exit> end = Promise.promise();
    private int step;
    private long stepTimer = -1;
    private @Nullable Exit asked;

    SimulatedAttempt(Vertx vertx, Launch launch, RunnerEvents events) {
        this.vertx = vertx;
        this.launch = launch;
        this.events = events;
        this.plan = SimulationPlan.from(launch.specJson());
        Long seed = plan.seed();
        long ofJob = launch.jobId().getMostSignificantBits() ^ launch.jobId().getLeastSignificantBits();
        this.curve = new SimulatedCurve(seed == null ? ofJob : seed, plan);
        this.checkpoint = launch.jobDir()
                .resolve("checkpoints")
                .resolve(launch.replica() == 0 ? "simulation.json" : "simulation-" + launch.replica() + ".json")
                .toString();
    }

    /** Completes with the exit, after the last lines were taken. */
    Future<Exit> run() {
        long usageTimer = vertx.setPeriodic(USAGE_EVERY.toMillis(), id -> events.usage(new Usage(null, null)));
        Duration limit = launch.wallClockLimit();
        long limitTimer = limit == null
                ? -1
                : vertx.setTimer(
                        Math.max(1, limit.toMillis()),
                        id -> end(new Exit(
                                Exit.Cause.TIMEOUT, null, "ran longer than its limit of " + limit.toSeconds() + " s")));
        resume().compose(from -> {
                    step = from;
                    return say(from == 0 ? NOTICE : NOTICE + "; resumed after step " + from);
                })
                .onComplete(result -> next());
        return end.future().onComplete(exit -> {
            vertx.cancelTimer(usageTimer);
            vertx.cancelTimer(limitTimer);
        });
    }

    /** The first call decides. */
    void end(Exit exit) {
        if (asked != null || end.future().isComplete()) {
            return;
        }
        asked = exit;
        if (stepTimer >= 0 && vertx.cancelTimer(stepTimer)) {
            end.tryComplete(exit);
        }
    }

    private void next() {
        stepTimer = -1;
        if (asked != null) {
            end.tryComplete(asked);
        } else if (step >= plan.steps()) {
            end.tryComplete(new Exit(Exit.Cause.EXITED, 0, "exited with code 0"));
        } else {
            stepTimer = vertx.setTimer(plan.stepMillis(), id -> doStep());
        }
    }

    private void doStep() {
        stepTimer = -1;
        step++;
        if (step == plan.failAtStep() && launch.attempt() <= plan.failAttempts()) {
            say("[simulation] fails at step " + step + " as asked")
                    .onComplete(result ->
                            end.tryComplete(new Exit(Exit.Cause.EXITED, 1, "exited with code 1: simulated failure")));
            return;
        }
        say(curve.line(step).encode()).compose(taken -> save()).onComplete(result -> next());
    }

    private Future<Void> say(String line) {
        try {
            return events.lines(List.of(line)).otherwiseEmpty();
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }

    private Future<Void> save() {
        String fresh = checkpoint + ".new";
        return vertx.fileSystem()
                .writeFile(fresh, new JsonObject().put("step", step).toBuffer())
                .compose(written -> vertx.fileSystem()
                        .move(
                                fresh,
                                checkpoint,
                                new CopyOptions().setReplaceExisting(true).setAtomicMove(true)));
    }

    /** The step of the checkpoint; 0 where there is none that can be read. */
    private Future<Integer> resume() {
        return vertx.fileSystem()
                .readFile(checkpoint)
                .map(SimulatedAttempt::stepOf)
                .otherwise(0);
    }

    private static int stepOf(Buffer saved) {
        try {
            return Math.max(0, saved.toJsonObject().getInteger("step", 0));
        } catch (DecodeException | ClassCastException e) {
            return 0;
        }
    }
}
