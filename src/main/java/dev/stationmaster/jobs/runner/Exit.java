package dev.stationmaster.jobs.runner;

import org.jspecify.annotations.Nullable;

/**
 * How an attempt ended.
 *
 * @param code exit code, 128 + signal when a signal ended it; null where none is known
 * @param message one line for people
 */
public record Exit(Cause cause, @Nullable Integer code, String message) {
    public enum Cause {
        /** The program ended by itself; the code says how. */
        EXITED,
        /** Ended because {@link Runner#stop} or {@link Runner#close} asked for it. */
        STOPPED,
        /** Ran longer than its wall-clock limit. */
        TIMEOUT,
        /** Used more memory than its limit. */
        OUT_OF_MEMORY,
        /** The runner broke. */
        RUNNER_ERROR,
        /** Its machine or engine went away, through no fault of its own. */
        LOST
    }
}
