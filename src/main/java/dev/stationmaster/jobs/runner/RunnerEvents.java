package dev.stationmaster.jobs.runner;

import io.vertx.core.Future;
import java.util.List;

/** What one attempt reports. All methods are called on the event loop that called {@link Runner#launch}. */
public interface RunnerEvents {
    /**
     * Complete output lines in order (stdout and stderr merged), without line ends, valid for PostgreSQL text (no NUL).
     * The runner reads no further output until the returned future completes: that is the back-pressure.
     */
    Future<Void> lines(List<String> lines);

    /** What the runner itself has to say, such as how far an image is pulled. Not output: {@link Runner#adopt} tells it not again. */
    Future<Void> notes(List<String> lines);

    /** Measured about once a second. */
    void usage(Usage usage);

    /** Of a launch with a service: its check has decided, or it has an address. */
    default void health(HealthReport report) {}

    /** Called exactly once, after the last {@link #lines} completed. Never for an attempt that was let go. */
    void exited(Exit exit);
}
