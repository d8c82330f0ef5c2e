package dev.stationmaster.accounts;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.security.Hash;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.security.JwtTokens;
import dev.stationmaster.platform.security.Tokens;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Sign-in, refresh with rotation, sign-out. */
final class SessionService {
    /** What the client gets. */
    record Signed(String accessToken, long expiresInSeconds, String refreshToken) {
        @Override
        public String toString() {
            return "Signed[hidden]";
        }
    }

    private final UserStore users;
    private final SessionStore sessions;
    private final Passwords passwords;
    private final LoginThrottle throttle;
    private final JwtTokens jwt;
    private final AccountNews news;
    private final Clock clock;
    private final AccountsSettings settings;

    SessionService(
            UserStore users,
            SessionStore sessions,
            Passwords passwords,
            LoginThrottle throttle,
            JwtTokens jwt,
            AccountNews news,
            Clock clock,
            AccountsSettings settings) {
        this.users = users;
        this.sessions = sessions;
        this.passwords = passwords;
        this.throttle = throttle;
        this.jwt = jwt;
        this.news = news;
        this.clock = clock;
        this.settings = settings;
    }

    Future<Signed> login(String username, String password, String address) {
        String name = username.toLowerCase(Locale.ROOT);
        throttle.check(name, address);
        return users.byName(name).compose(found -> {
            User user = found.orElse(null);
            Future<Boolean> matches =
                    user == null ? passwords.matchesNobody(password) : passwords.matches(password, user.passwordHash());
            return matches.compose(ok -> {
                if (!ok || user == null || user.disabled()) {
                    throttle.failed(name, address);
                    return Future.failedFuture(new ApiException(
                            ErrorCode.INVALID_CREDENTIALS,
                            "The user name or the password is wrong, or the account is disabled."));
                }
                throttle.succeeded(name);
                return open(user);
            });
        });
    }

    private Future<Signed> open(User user) {
        UUID family = Ids.next();
        String refresh = Tokens.next("smr_");
        var now = clock.utc();
        var entry = new AuditEntry(user.username(), "session.login", "user/" + user.id(), null, null, null);
        return sessions.insert(Hash.sha256(refresh), family, user.id(), now, now.plus(settings.refreshToken()), entry)
                .map(done -> signed(user, family, refresh));
    }

    Future<Signed> refresh(String refreshToken) {
        String next = Tokens.next("smr_");
        var now = clock.utc();
        return sessions.rotate(Hash.sha256(refreshToken), Hash.sha256(next), now, now.plus(settings.refreshToken()))
                .compose(found -> {
                    if (found.isEmpty() || found.get().revoked()) {
                        return Future.failedFuture(unknownToken());
                    }
                    SessionStore.Found token = found.get();
                    if (token.used()) {
                        news.sessionEnded(token.family());
                        return Future.failedFuture(new ApiException(
                                ErrorCode.TOKEN_REUSED,
                                "This refresh token was used before; the whole session has ended. Sign in again."));
                    }
                    if (token.expiresAt().isBefore(now)) {
                        return Future.failedFuture(new ApiException(
                                ErrorCode.TOKEN_EXPIRED, "The refresh token has expired; sign in again."));
                    }
                    return users.byId(token.userId())
                            .compose(user -> user.isEmpty() || user.get().disabled()
                                    ? Future.failedFuture(unknownToken())
                                    : Future.succeededFuture(signed(user.get(), token.family(), next)));
                });
    }

    private static ApiException unknownToken() {
        return new ApiException(ErrorCode.UNAUTHENTICATED, "The refresh token is not valid; sign in again.");
    }

    /** Ends the sign-in that {@code session} names; API tokens have none and are revoked by DELETE /tokens. */
    Future<Void> logout(Caller caller, @Nullable UUID session) {
        if (session == null) {
            return Future.failedFuture(new ApiException(
                    ErrorCode.INVALID_STATE,
                    "This is not a sign-in token; revoke API tokens with DELETE /api/v1/tokens/{id}."));
        }
        var entry = new AuditEntry(
                caller.actor(), "session.logout", "user/" + caller.userId(), null, null, caller.requestId());
        return sessions.end(session, clock.utc(), entry).onSuccess(done -> news.sessionEnded(session));
    }

    private Signed signed(User user, UUID family, String refresh) {
        String access = jwt.forUser(user.id(), user.username(), user.role().wireName(), family, settings.accessToken());
        return new Signed(access, settings.accessToken().toSeconds(), refresh);
    }
}
