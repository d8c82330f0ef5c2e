package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/**
 * A revision of a deployment.
 *
 * @param template the revision whose content this is; replicas of the same template need no replacement
 * @param proven all its replicas were healthy once, or those of its template were
 * @param rollbackTo the revision it goes back to; null: it is new
 * @param progressAt when the rollout last came forward
 */
record Revision(
        long agentId,
        int revision,
        int template,
        String agentVersion,
        DeploymentSpec spec,
        RolloutState state,
        boolean proven,
        @Nullable String reason,
        @Nullable String message,
        @Nullable Integer rollbackTo,
        String createdBy,
        OffsetDateTime createdAt,
        OffsetDateTime progressAt,
        @Nullable OffsetDateTime endedAt) {

    /** A new one with the content of this one. */
    Revision again(int number, String by, OffsetDateTime now) {
        return new Revision(
                agentId,
                number,
                template,
                agentVersion,
                spec,
                RolloutState.ROLLING,
                proven,
                null,
                null,
                revision,
                by,
                now,
                now,
                null);
    }

    Revision progressed(OffsetDateTime now) {
        return new Revision(
                agentId,
                revision,
                template,
                agentVersion,
                spec,
                state,
                proven,
                reason,
                message,
                rollbackTo,
                createdBy,
                createdAt,
                now,
                endedAt);
    }

    Revision ended(RolloutState as, @Nullable String why, @Nullable String text, OffsetDateTime now) {
        return new Revision(
                agentId,
                revision,
                template,
                agentVersion,
                spec,
                as,
                proven || as == RolloutState.HEALTHY,
                why,
                text,
                rollbackTo,
                createdBy,
                createdAt,
                progressAt,
                now);
    }

    JsonObject toJson() {
        return new JsonObject()
                .put("agent_id", agentId)
                .put("revision", revision)
                .put("version", agentVersion)
                .put("state", state.wireName())
                .put("reason", reason)
                .put("message", message)
                .put("rollback_to", rollbackTo)
                .mergeIn(spec.json())
                .put("created_by", createdBy)
                .put("created_at", Times.iso(createdAt))
                .put("ended_at", Times.iso(endedAt));
    }
}
