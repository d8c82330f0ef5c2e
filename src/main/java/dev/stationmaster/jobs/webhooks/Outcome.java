package dev.stationmaster.jobs.webhooks;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What became of one try.
 *
 * @param statusCode null: no answer
 * @param error null: it was taken
 * @param retryAfter as the receiver asks, or null
 */
record Outcome(
        @Nullable Integer statusCode,
        @Nullable String error,
        @Nullable Duration retryAfter) {
    private static final int GONE = 410;
    private static final int MAX_ERROR = 300;

    static Outcome answered(int status, @Nullable Duration retryAfter) {
        boolean taken = status >= 200 && status < 300;
        return new Outcome(status, taken ? null : "The receiver answered " + status + ".", retryAfter);
    }

    static Outcome failed(Throwable error) {
        String text =
                String.valueOf(error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage());
        return new Outcome(null, text.replace("\0", "").substring(0, Math.min(text.length(), MAX_ERROR)), null);
    }

    boolean delivered() {
        return error == null;
    }

    /** The receiver wants nothing any more. */
    boolean gone() {
        return statusCode != null && statusCode == GONE;
    }
}
