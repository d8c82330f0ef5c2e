package dev.stationmaster.jobs;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which failures of a job are tried again. Lost servers, preemption and shutdown are, always, and count for nothing.
 *
 * @param exitCodes only after these exit codes; null: after any failure
 * @param first pause before the first retry; null: as in the settings
 * @param max longest pause; null: as in the settings
 * @param stopOn a regular expression (RE2); a log line that it finds stops retries of the attempt
 */
record RetryRules(
        @Nullable List<Integer> exitCodes,
        @Nullable Duration first,
        @Nullable Duration max,
        @Nullable String stopOn) {
    static final RetryRules ANY = new RetryRules(null, null, null, null);

    boolean allows(@Nullable Integer exitCode) {
        return exitCodes == null || (exitCode != null && exitCodes.contains(exitCode));
    }
}
