package dev.stationmaster.jobs.runner;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.UUID;

/**
 * Runs attempts of jobs on one kind of machine. Called on one event loop; must never block it. One runner serves many
 * attempts at once; an attempt is known by its job id and lease number.
 */
public interface Runner {
    /** The name used in the API and in settings, e.g. {@code process}. */
    String name();

    /** What this runner can hold in all, not what is free. */
    Resources capacity();

    /** Whether it can be given anything now. What runs goes on either way. */
    default boolean available() {
        return true;
    }

    /**
     * Ends whatever an earlier server process left running under the same data folder. Called once, before the first
     * launch. Completes with the number of process groups that were ended.
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

    /** Ends everything that runs here, by force after {@code grace}; completes when all is gone. */
    Future<Void> close(Duration grace);
}
