package dev.stationmaster.platform.security;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What an access token says.
 *
 * @param subject user id, or the subject of an outside issuer
 * @param session the sign-in it belongs to; null for job tokens and outside issuers
 * @param role wire name of the role
 * @param lease for a job's own token: valid only for this lease
 */
public record JwtClaims(
        String subject,
        String username,
        String role,
        @Nullable UUID session,
        @Nullable Long agentId,
        @Nullable UUID jobId,
        @Nullable Long lease,
        Instant issuedAt,
        Instant expiresAt,
        boolean outside) {}
