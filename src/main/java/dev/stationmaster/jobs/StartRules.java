package dev.stationmaster.jobs;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * When a job may start, and what it is the same as.
 *
 * @param runAt not before, or null
 * @param dependsOn not before these have ended
 * @param runAfterFailure whether it starts too when one of these failed; else it fails
 * @param dedup null: it is like no other
 * @param queueTimeout it fails when it waited so long in the queue, or null
 */
record StartRules(
        @Nullable OffsetDateTime runAt,
        List<UUID> dependsOn,
        boolean runAfterFailure,
        @Nullable Dedup dedup,
        @Nullable Duration queueTimeout) {
    static final StartRules AT_ONCE = new StartRules(null, List.of(), false, null, null);

    /** @param ttl how long the key stands for the first job; null: until that has ended */
    record Dedup(String key, @Nullable Duration ttl) {}

    StartRules {
        dependsOn = List.copyOf(dependsOn);
    }

    /** The state in which it begins. */
    JobState first(OffsetDateTime now) {
        if (!dependsOn.isEmpty()) {
            return JobState.BLOCKED;
        }
        return runAt != null && runAt.isAfter(now) ? JobState.SCHEDULED : JobState.QUEUED;
    }
}
