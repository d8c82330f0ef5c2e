package dev.stationmaster.experiments;

import dev.stationmaster.platform.web.Money;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An experiment as its row says. The plan's JSON is shared: treat it as read-only.
 *
 * @param kind compare, sweep, or benchmark for a run of a suite
 * @param outcome where STOPPING leads
 * @param budgetNanos null: no limit
 * @param agentVersion of a benchmark: whose result it is, as {@code agentId}
 */
record Experiment(
        UUID id,
        long seq,
        String kind,
        String name,
        @Nullable String description,
        UUID ownerId,
        String owner,
        ExperimentState state,
        @Nullable ExperimentState outcome,
        @Nullable String reason,
        @Nullable String message,
        Plan plan,
        int maxConcurrent,
        @Nullable Long budgetNanos,
        long costNanos,
        @Nullable UUID benchmarkId,
        @Nullable Long agentId,
        @Nullable String agentVersion,
        long version,
        OffsetDateTime createdAt,
        OffsetDateTime updatedAt,
        @Nullable OffsetDateTime finishedAt) {

    /** What people may change while it runs. */
    Experiment with(
            String newName,
            @Nullable String newDescription,
            int newMaxConcurrent,
            @Nullable Long newBudgetNanos,
            OffsetDateTime now) {
        return new Experiment(
                id,
                seq,
                kind,
                newName,
                newDescription,
                ownerId,
                owner,
                state,
                outcome,
                reason,
                message,
                plan,
                newMaxConcurrent,
                newBudgetNanos,
                costNanos,
                benchmarkId,
                agentId,
                agentVersion,
                version,
                createdAt,
                now,
                finishedAt);
    }

    JsonObject toJson() {
        return summary().put("spec", plan.json());
    }

    /** Without the plan: for lists and feeds. */
    JsonObject summary() {
        return new JsonObject()
                .put("id", id.toString())
                .put("kind", kind)
                .put("name", name)
                .put("description", description)
                .put("owner", owner)
                .put("state", state.wireName())
                .put("reason", reason)
                .put("message", message)
                .put("max_concurrent", maxConcurrent)
                .put("budget_limit", Money.dollars(budgetNanos))
                .put("cost", Money.dollars(costNanos))
                .put("benchmark_id", benchmarkId == null ? null : benchmarkId.toString())
                .put("agent_id", agentId)
                .put("agent_version", agentVersion)
                .put("created_at", Times.iso(createdAt))
                .put("updated_at", Times.iso(updatedAt))
                .put("finished_at", Times.iso(finishedAt));
    }
}
