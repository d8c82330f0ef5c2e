package dev.stationmaster.accounts;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.security.Hash;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.security.Tokens;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Page;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** API tokens: shown once, stored hashed, never stronger than who makes them. */
final class ApiTokenService {
    static final String PREFIX = "sm_";
    private static final int SHOWN = 9;

    /** A new token with its value. */
    record Created(String value, ApiToken token) {
        @Override
        public String toString() {
            return "Created[" + token.id() + "]";
        }
    }

    private final ApiTokenStore store;
    private final AccountNews news;
    private final Clock clock;

    ApiTokenService(ApiTokenStore store, AccountNews news, Clock clock) {
        this.store = store;
        this.news = news;
        this.clock = clock;
    }

    Future<Created> create(Caller caller, String name, Role role, @Nullable Long agentId, Duration life) {
        if (role != Role.AGENT && !caller.role().covers(role.maker())) {
            return Future.failedFuture(new ApiException(
                    ErrorCode.FORBIDDEN,
                    "A token can't do more than its maker; your role is "
                            + caller.role().wireName() + "."));
        }
        if ((role == Role.AGENT) != (agentId != null)) {
            return Future.failedFuture(
                    new ApiException(ErrorCode.BAD_REQUEST, "agent_id goes with the role agent, and only with it."));
        }
        String value = Tokens.next(PREFIX);
        var now = clock.utc();
        var token = new ApiToken(
                Ids.next(),
                caller.userId(),
                caller.username(),
                name,
                role,
                agentId,
                value.substring(0, SHOWN),
                now,
                now.plus(life),
                null,
                null);
        var entry = new AuditEntry(
                caller.actor(),
                "token.create",
                "token/" + token.id(),
                null,
                token.toJson().encode(),
                caller.requestId());
        return store.insert(token, Hash.sha256(value), entry).map(done -> new Created(value, token));
    }

    Future<Page<ApiToken>> list(Caller caller, int limit, @Nullable String cursor) {
        UUID owner = caller.role() == Role.ADMIN ? null : caller.userId();
        return store.page(owner, cursor == null ? null : uuid(cursor), limit + 1)
                .map(rows -> Page.of(rows, limit, ApiToken::id));
    }

    Future<Void> revoke(Caller caller, UUID id) {
        return store.byId(id).compose(found -> {
            ApiToken token = found.orElseThrow(() -> ApiException.notFound("API token", id));
            if (caller.role() != Role.ADMIN && !token.userId().equals(caller.userId())) {
                throw ApiException.notFound("API token", id);
            }
            var entry = new AuditEntry(caller.actor(), "token.revoke", "token/" + id, null, null, caller.requestId());
            return store.revoke(id, clock.utc(), entry).onSuccess(done -> news.tokenRevoked(id));
        });
    }

    private static UUID uuid(String cursor) {
        try {
            return UUID.fromString(cursor);
        } catch (IllegalArgumentException e) {
            throw new ApiException(
                    ErrorCode.BAD_REQUEST, "The cursor is not one of ours; take next_cursor of the page before.");
        }
    }
}
