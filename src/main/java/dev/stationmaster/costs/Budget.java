package dev.stationmaster.costs;

import dev.stationmaster.costs.CostMessages.Limit;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A limit for each period, and what of it is spent in the present one.
 *
 * @param scopeId as stored: the id of the user or agent, the name of the queue, empty for everyone
 * @param scopeName for people: the name of the user, agent or queue; null for everyone, or when it is gone
 * @param warnedFor the beginning of the period in which 80 % was warned of, or null
 */
record Budget(
        UUID id,
        String name,
        String scope,
        String scopeId,
        @Nullable String scopeName,
        BudgetPeriod period,
        BudgetUnit unit,
        long limit,
        OnExhaust onExhaust,
        long spent,
        @Nullable OffsetDateTime warnedFor,
        long version,
        OffsetDateTime createdAt,
        OffsetDateTime updatedAt) {
    private static final int WARN_PERCENT = 80;

    Budget changed(String newName, long newLimit, OnExhaust newOnExhaust, OffsetDateTime now) {
        return new Budget(
                id,
                newName,
                scope,
                scopeId,
                scopeName,
                period,
                unit,
                newLimit,
                newOnExhaust,
                spent,
                warnedFor,
                version,
                createdAt,
                now);
    }

    boolean isExhausted() {
        return spent >= limit;
    }

    /** Whether spend has come so far that people should know. */
    boolean isNearlySpent() {
        return !isExhausted() && spent >= limit / 100 * WARN_PERCENT;
    }

    /** A limit of nothing is spent from the start. */
    private long percent() {
        return limit == 0 ? 100 : (long) (100.0 * spent / limit);
    }

    /** As the rest of the server sees it. */
    Limit limitAt(OffsetDateTime now) {
        return new Limit(
                scope,
                scopeId,
                name,
                unit == BudgetUnit.GPU_SECONDS,
                onExhaust == OnExhaust.DRAIN,
                onExhaust == OnExhaust.STOP,
                period.end(now));
    }

    /** What is fixed, for the audit log. */
    JsonObject toJson() {
        return new JsonObject()
                .put("id", id.toString())
                .put("name", name)
                .put("scope", scope)
                .put(
                        "scope_id",
                        scopeId.isEmpty() ? null : "agent".equals(scope) ? (Object) Long.valueOf(scopeId) : scopeId)
                .put("scope_name", scopeName)
                .put("period", period.wireName())
                .put("unit", unit.wireName())
                .put("limit", unit.shown(limit))
                .put("on_exhaust", onExhaust.wireName())
                .put("version", version)
                .put("created_at", Times.iso(createdAt))
                .put("updated_at", Times.iso(updatedAt));
    }

    /** With how it stands in the period of {@code now}. */
    JsonObject toJson(OffsetDateTime now) {
        boolean warned = period.start(now).isEqual(warnedFor == null ? OffsetDateTime.MIN : warnedFor);
        return toJson().put("spent", unit.shown(spent))
                .put("remaining", unit.shown(Math.max(0, limit - spent)))
                .put("percent", percent())
                .put("state", isExhausted() ? "exhausted" : isNearlySpent() ? "warning" : "ok")
                .put("warned", warned)
                .put("period_started_at", Times.iso(period.start(now)))
                .put("resets_at", Times.iso(period.end(now)));
    }
}
