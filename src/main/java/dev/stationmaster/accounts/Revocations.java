package dev.stationmaster.accounts;

import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.security.JwtClaims;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Access tokens that ended before their time. They live for minutes, so the list stays short: entries older than the
 * longest life of a token are forgotten. Thread-safe; shared by all event loops.
 */
final class Revocations {
    private final Map<UUID, Instant> sessions = new ConcurrentHashMap<>();
    private final Map<UUID, AccountMessages.UserChanged> users = new ConcurrentHashMap<>();
    private final Map<UUID, Instant> apiTokens = new ConcurrentHashMap<>();

    void subscribe(Bus bus) {
        bus.on(AccountMessages.SessionEnded.class, this::add);
        bus.on(AccountMessages.UserChanged.class, this::add);
    }

    void add(AccountMessages.SessionEnded ended) {
        sessions.put(ended.session(), ended.at());
    }

    void add(AccountMessages.UserChanged changed) {
        users.put(changed.userId(), changed);
    }

    /** Needed only until the cache of API tokens has forgotten it. */
    void addToken(UUID tokenId, Instant at) {
        apiTokens.put(tokenId, at);
    }

    boolean isRevoked(ApiToken token) {
        AccountMessages.UserChanged user = users.get(token.userId());
        return apiTokens.containsKey(token.id()) || (user != null && user.disabled());
    }

    /** Disabled users stay on the list: their API tokens and jobs' tokens live longer. */
    void forget(Instant olderThan) {
        sessions.values().removeIf(at -> at.isBefore(olderThan));
        apiTokens.values().removeIf(at -> at.isBefore(olderThan));
        users.values().removeIf(u -> !u.disabled() && u.tokensValidFrom().isBefore(olderThan));
    }

    boolean isRevoked(JwtClaims claims) {
        if (claims.session() != null && sessions.containsKey(claims.session())) {
            return true;
        }
        AccountMessages.UserChanged user = claims.outside() ? null : users.get(UUID.fromString(claims.subject()));
        if (user == null) {
            return false;
        }
        // a token says its second of issue only; one made in the second of the change is the new one
        boolean older =
                claims.issuedAt().getEpochSecond() < user.tokensValidFrom().getEpochSecond();
        return user.disabled() || (claims.jobId() == null && older);
    }
}
