package dev.stationmaster.platform.db;

import org.jspecify.annotations.Nullable;

/**
 * One mutation for the audit log.
 *
 * @param actor who, as {@code Caller.actor()} or {@code system}
 * @param action what, e.g. {@code agent.update}
 * @param target which thing, e.g. {@code agent/7}
 * @param before JSON text without secrets, or null
 * @param after JSON text without secrets, or null
 * @param requestId of the HTTP request, or null
 */
public record AuditEntry(
        String actor,
        String action,
        String target,
        @Nullable String before,
        @Nullable String after,
        @Nullable String requestId) {}
