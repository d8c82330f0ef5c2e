package dev.stationmaster.jobs.runner;

import dev.stationmaster.jobs.runner.gpu.GpuState;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Runs attempts of jobs on one kind of machine. Called on one event loop; must never block it. One runner serves many
 * attempts at once; an attempt is known by its job id and lease number.
 */
public interface Runner {
    /** The name used in the API and in settings, e.g. {@code process}. */
    String name();

    /** What this runner can hold in all, not what is free. */
    Resources capacity();

    /** Its GPUs one by one; null: not known, or not told one by one. */
    default @Nullable List<GpuState> gpus() {
        return null;
    }

    /** What one replica can get at most: a runner of many machines holds more in all than any of them. */
    default Resources largest() {
        return capacity();
    }

    /** Whether it can be given anything now. What runs goes on either way. */
    default boolean available() {
        return true;
    }

    /** Whether what runs here goes on without this process, for {@link #adopt} by the next one. */
    default boolean outlivesServer() {
        return false;
    }

    /** Whether every server that offers it reaches the same machines, so that any of them can {@link #adopt}. */
    default boolean shared() {
        return false;
    }

    /**
     * Takes up an attempt that another server process launched. As {@link #launch}, but nothing is started; its output is
     * told again from the first line: the caller knows which it has. Completes with false when there is no trace of it:
     * then nothing more is told.
     */
    default Future<Boolean> adopt(Launch launch, RunnerEvents events) {
        return Future.succeededFuture(false);
    }

    /**
     * Ends whatever an earlier server process left running and nobody adopted. Called once, before the first launch and
     * after the last {@link #adopt} of the start. Completes with the number of programs that were ended.
     */
    Future<Integer> cleanUp();

    /**
     * Starts one replica of an attempt. The future completes when the program runs, and fails with {@link LaunchException} when it
     * can't be started; then no end is told, and lines at most of how it was prepared.
     */
    Future<Void> launch(Launch launch, RunnerEvents events);

    /**
     * Asks all replicas of the attempt to end (SIGTERM to their whole groups), and ends them by force after {@code grace}. Completes at
     * once; the end is reported by {@link RunnerEvents#exited}. Does nothing if it is not running here.
     */
    void stop(UUID jobId, long lease, Duration grace);

    /**
     * Ends everything that runs here, by force after {@code grace}; completes when all is gone. A runner that outlives the
     * server lets go of attempts of one replica instead: they run on, and nothing more is told of them.
     */
    Future<Void> close(Duration grace);
}
