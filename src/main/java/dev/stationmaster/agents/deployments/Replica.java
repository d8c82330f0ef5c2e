package dev.stationmaster.agents.deployments;

import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A replica as its row says.
 *
 * @param template the revision it was made for
 * @param incarnation counts its jobs
 * @param jobId null while it waits to be started
 * @param failures in a row
 * @param startAt not before then
 */
record Replica(
        UUID id,
        long agentId,
        int template,
        ReplicaState state,
        @Nullable String message,
        int incarnation,
        @Nullable UUID jobId,
        int failures,
        int restarts,
        OffsetDateTime startAt,
        @Nullable OffsetDateTime healthySince,
        OffsetDateTime createdAt) {

    static Replica made(UUID id, long agentId, int template, OffsetDateTime now) {
        return new Replica(id, agentId, template, ReplicaState.PENDING, null, 1, null, 0, 0, now, null, now);
    }

    Replica with(ReplicaState next, @Nullable String text, @Nullable OffsetDateTime healthyFrom) {
        return new Replica(
                id,
                agentId,
                template,
                next,
                text,
                incarnation,
                jobId,
                failures,
                restarts,
                startAt,
                healthyFrom,
                createdAt);
    }

    Replica draining() {
        return with(ReplicaState.DRAINING, "It is not wanted any more.", null);
    }

    /** Its failures are forgotten. */
    Replica forgiven() {
        return new Replica(
                id,
                agentId,
                template,
                state,
                message,
                incarnation,
                jobId,
                0,
                restarts,
                startAt,
                healthySince,
                createdAt);
    }

    /** With a new job, after so many failures in a row. */
    Replica again(int failed, String text, OffsetDateTime when) {
        return new Replica(
                id,
                agentId,
                template,
                failed > 1 ? ReplicaState.CRASH_LOOP : ReplicaState.RESTARTING,
                text,
                incarnation + 1,
                null,
                failed,
                restarts + 1,
                when,
                null,
                createdAt);
    }

    /** Its job was not taken; the same is tried again later. */
    Replica refused(int failed, String text, OffsetDateTime when) {
        return new Replica(
                id,
                agentId,
                template,
                failed > 1 ? ReplicaState.CRASH_LOOP : ReplicaState.PENDING,
                text,
                incarnation,
                null,
                failed,
                restarts,
                when,
                null,
                createdAt);
    }
}
