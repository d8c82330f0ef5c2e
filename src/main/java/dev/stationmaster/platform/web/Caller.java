package dev.stationmaster.platform.web;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who makes a request, as proved by the token.
 *
 * @param userId the account behind it
 * @param username name of that account
 * @param role what it may do
 * @param agentId for role agent: the only agent it may touch
 * @param jobId for a job's own token: the only job it may touch
 * @param session the sign-in the token belongs to; null for API tokens and jobs
 * @param lease for a job's own token: the lease it was made for
 * @param requestId for the audit log
 */
public record Caller(
        UUID userId,
        String username,
        Role role,
        @Nullable Long agentId,
        @Nullable UUID jobId,
        @Nullable UUID session,
        @Nullable Long lease,
        Instant expiresAt,
        String requestId) {

    /** Whether this caller may change what {@code ownerId} owns. */
    public boolean mayChange(UUID ownerId) {
        return role.covers(Role.OPERATOR) || (role.covers(Role.DEVELOPER) && userId.equals(ownerId));
    }

    /** Whether this caller may see and use the agent at all. */
    public boolean maySeeAgent(long id) {
        return role == Role.AGENT ? agentId != null && agentId == id : role.covers(Role.VIEWER);
    }

    /** The name in the audit log. */
    public String actor() {
        if (jobId != null) {
            return "job:" + jobId;
        }
        return role == Role.AGENT ? username + " (agent " + agentId + ")" : username;
    }
}
