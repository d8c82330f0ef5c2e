package dev.stationmaster.policies;

import dev.stationmaster.platform.web.Times;
import dev.stationmaster.policies.PolicyMessages.BrokenPolicy;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An entry of history.
 *
 * @param seq 0 before it is written
 * @param subjectId null: it was refused and never existed
 */
record Violation(
        long seq,
        OffsetDateTime at,
        BrokenPolicy broken,
        String subjectKind,
        @Nullable String subjectId,
        String subjectName,
        @Nullable Long agentId,
        UUID ownerId,
        String owner,
        boolean refused) {

    JsonObject toJson() {
        return new JsonObject()
                .put("at", Times.iso(at))
                .put("policy", broken.policy())
                .put("policy_id", broken.policyId().toString())
                .put("mode", broken.mode())
                .put("subject_kind", subjectKind)
                .put("subject_id", subjectId)
                .put("subject_name", subjectName)
                .put("agent_id", agentId)
                .put("owner", owner)
                .put("message", broken.message())
                .put("refused", refused);
    }
}
