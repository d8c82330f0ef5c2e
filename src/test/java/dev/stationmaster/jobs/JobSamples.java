package dev.stationmaster.jobs;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.testing.ManualClock;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.UUID;

/** Jobs for tests; what a test does not name has a plain value. */
final class JobSamples {
    static final Resources SMALL = new Resources(1_000, 1L << 30, 0, 0);
    private static long nextSeq = 1;

    private UUID owner = new UUID(0, 1);
    private JobState state = JobState.QUEUED;
    private Resources resources = SMALL;
    private int failures;
    private int maxAttempts = 1;

    private JobSamples() {}

    static JobSamples job() {
        return new JobSamples();
    }

    JobSamples owner(UUID id) {
        owner = id;
        return this;
    }

    JobSamples resources(Resources r) {
        resources = r;
        return this;
    }

    JobSamples state(JobState s) {
        state = s;
        return this;
    }

    JobSamples failures(int soFar, int max) {
        failures = soFar;
        maxAttempts = max;
        return this;
    }

    Job build() {
        UUID id = UUID.randomUUID();
        OffsetDateTime at = ManualClock.START.atOffset(ZoneOffset.UTC);
        var none = new JsonObject();
        return new Job(
                id,
                nextSeq++,
                owner,
                "ann",
                7,
                "trainer",
                "1.0.0",
                "job",
                5,
                state,
                null,
                null,
                "process",
                false,
                1,
                failures,
                maxAttempts,
                0,
                3,
                "worker",
                null,
                null,
                none,
                0,
                null,
                none,
                none,
                resources,
                Scheduling.DEFAULT,
                StartRules.AT_ONCE,
                RetryRules.ANY,
                null,
                none,
                null,
                null,
                null,
                id,
                1,
                at,
                at,
                null,
                null,
                null);
    }
}
