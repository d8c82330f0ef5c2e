package dev.stationmaster.accounts;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.stationmaster.platform.security.Hash;
import dev.stationmaster.platform.security.JwtClaims;
import dev.stationmaster.platform.security.JwtTokens;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Authenticator;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Checks bearer tokens: our own JWTs, API tokens ({@code sm_…}), and JWTs of the outside issuer. Signatures checked once
 * are remembered until the token's end; expiry and revocation are checked every time. Thread-safe; bounded.
 */
final class BearerAuthenticator implements Authenticator {
    private static final int MAX_REMEMBERED = 10_000;
    private static final Duration API_TOKEN_CACHE = Duration.ofSeconds(5);

    private record CachedApiToken(Optional<ApiTokenStore.Owned> found, Instant until) {}

    private final JwtTokens jwt;
    private final Optional<OutsideIssuerTokens> outside;
    private final ApiTokenStore apiTokens;
    private final Revocations revocations;
    private final Clock clock;
    private final Cache<String, JwtClaims> verified =
            Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).build();
    private final Cache<String, CachedApiToken> apiTokenCache =
            Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).build();
    private final Map<UUID, OffsetDateTime> lastUsed = new ConcurrentHashMap<>();

    BearerAuthenticator(
            JwtTokens jwt,
            Optional<OutsideIssuerTokens> outside,
            ApiTokenStore apiTokens,
            Revocations revocations,
            Clock clock) {
        this.jwt = jwt;
        this.outside = outside;
        this.apiTokens = apiTokens;
        this.revocations = revocations;
        this.clock = clock;
    }

    @Override
    public Future<Caller> authenticate(String token, String requestId) {
        return token.startsWith(ApiTokenService.PREFIX) ? byApiToken(token, requestId) : byJwt(token, requestId);
    }

    /** When each API token was last used since the last call; the verticle writes it down now and then. */
    Map<UUID, OffsetDateTime> takeLastUsed() {
        Map<UUID, OffsetDateTime> taken = Map.copyOf(lastUsed);
        taken.forEach(lastUsed::remove);
        return taken;
    }

    /** The owner of some may have another role now. */
    void forgetApiTokens() {
        apiTokenCache.invalidateAll();
    }

    private Future<Caller> byJwt(String token, String requestId) {
        JwtClaims known = verified.getIfPresent(token);
        if (known != null) {
            return check(known, token, requestId);
        }
        return jwt.verify(token)
                .recover(error -> outside.isPresent() ? outside.get().verify(token) : Future.failedFuture(error))
                .recover(error -> Future.failedFuture(invalid()))
                .compose(claims -> {
                    verified.put(token, claims);
                    return check(claims, token, requestId);
                });
    }

    private Future<Caller> check(JwtClaims claims, String token, String requestId) {
        if (!clock.now().isBefore(claims.expiresAt())) {
            verified.invalidate(token);
            return Future.failedFuture(
                    new ApiException(ErrorCode.TOKEN_EXPIRED, "The token has expired; refresh it or sign in again."));
        }
        if (revocations.isRevoked(claims)) {
            return Future.failedFuture(invalid());
        }
        UUID user = claims.outside()
                ? UUID.nameUUIDFromBytes(Hash.sha256(claims.subject()))
                : UUID.fromString(claims.subject());
        return Future.succeededFuture(new Caller(
                user,
                claims.username(),
                Role.of(claims.role()),
                claims.agentId(),
                claims.jobId(),
                claims.session(),
                claims.lease(),
                claims.expiresAt(),
                requestId));
    }

    private Future<Caller> byApiToken(String token, String requestId) {
        CachedApiToken cached = apiTokenCache.getIfPresent(token);
        if (cached != null && clock.now().isBefore(cached.until())) {
            return checkApiToken(cached.found(), requestId);
        }
        return apiTokens.byHash(Hash.sha256(token)).compose(found -> {
            apiTokenCache.put(token, new CachedApiToken(found, clock.now().plus(API_TOKEN_CACHE)));
            return checkApiToken(found, requestId);
        });
    }

    private Future<Caller> checkApiToken(Optional<ApiTokenStore.Owned> found, String requestId) {
        if (found.isEmpty()
                || found.get().ownerDisabled()
                || found.get().token().revokedAt() != null
                || revocations.isRevoked(found.get().token())) {
            return Future.failedFuture(invalid());
        }
        ApiToken token = found.get().token();
        OffsetDateTime now = clock.utc();
        OffsetDateTime expires = token.expiresAt();
        if (expires != null && !now.isBefore(expires)) {
            return Future.failedFuture(new ApiException(ErrorCode.TOKEN_EXPIRED, "The API token has expired."));
        }
        lastUsed.put(token.id(), now);
        Role role = token.role() == Role.AGENT
                        || found.get().ownerRole().covers(token.role().maker())
                ? token.role()
                : found.get().ownerRole(); // its owner was given a lower role meanwhile
        return Future.succeededFuture(new Caller(
                token.userId(),
                token.username(),
                role,
                token.agentId(),
                null,
                null,
                null,
                expires == null ? Instant.MAX : expires.toInstant(),
                requestId));
    }

    private static ApiException invalid() {
        return new ApiException(ErrorCode.UNAUTHENTICATED, "The token is not valid; sign in again.");
    }
}
