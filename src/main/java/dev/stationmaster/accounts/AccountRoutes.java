package dev.stationmaster.accounts;

import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.Reply;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;

/** Operations of accounts. */
final class AccountRoutes {
    private final SessionService sessions;
    private final UserService users;
    private final ApiTokenService tokens;
    private final QuotaService quotas;

    AccountRoutes(SessionService sessions, UserService users, ApiTokenService tokens, QuotaService quotas) {
        this.sessions = sessions;
        this.users = users;
        this.tokens = tokens;
        this.quotas = quotas;
    }

    Map<String, ApiHandler> handlers() {
        return Map.ofEntries(
                Map.entry("login", this::login),
                Map.entry("refresh", this::refresh),
                Map.entry("logout", this::logout),
                Map.entry("getMe", this::me),
                Map.entry("changePassword", this::changePassword),
                Map.entry("listUsers", this::listUsers),
                Map.entry("createUser", this::createUser),
                Map.entry("getUser", this::getUser),
                Map.entry("updateUser", this::updateUser),
                Map.entry("deleteUser", this::deleteUser),
                Map.entry("listTokens", this::listTokens),
                Map.entry("createToken", this::createToken),
                Map.entry("revokeToken", this::revokeToken),
                Map.entry("getQuota", r -> quotas.get(r.caller(), r.path("user")).map(Reply::ok)),
                Map.entry("putQuota", r -> quotas.put(r.caller(), r.path("user"), r.body()).map(Reply::ok)));
    }

    private Future<Reply> login(ApiRequest request) {
        JsonObject body = request.body();
        return sessions.login(body.getString("username"), body.getString("password"), request.remoteAddress())
                .map(AccountRoutes::signed);
    }

    private Future<Reply> refresh(ApiRequest request) {
        return sessions.refresh(request.body().getString("refresh_token")).map(AccountRoutes::signed);
    }

    private static Reply signed(SessionService.Signed signed) {
        return Reply.ok(new JsonObject()
                .put("access_token", signed.accessToken())
                .put("token_type", "Bearer")
                .put("expires_in", signed.expiresInSeconds())
                .put("refresh_token", signed.refreshToken()));
    }

    private Future<Reply> logout(ApiRequest request) {
        return sessions.logout(request.caller(), request.caller().session()).map(done -> Reply.noContent());
    }

    private Future<Reply> me(ApiRequest request) {
        Caller caller = request.caller();
        boolean ends = caller.expiresAt().isBefore(Instant.MAX);
        return Future.succeededFuture(Reply.ok(new JsonObject()
                .put("id", caller.userId().toString())
                .put("username", caller.username())
                .put("role", caller.role().wireName())
                .put("agent_id", caller.agentId())
                .put("job_id", caller.jobId() == null ? null : caller.jobId().toString())
                .put("expires_at", ends ? Times.iso(caller.expiresAt().atOffset(ZoneOffset.UTC)) : null)));
    }

    private Future<Reply> changePassword(ApiRequest request) {
        JsonObject body = request.body();
        return users.changePassword(request.caller(), body.getString("old_password"), body.getString("new_password"))
                .map(done -> Reply.noContent());
    }

    private Future<Reply> listUsers(ApiRequest request) {
        return users.list(request.limit(), request.cursor()).map(page -> Reply.ok(page.toJson(User::toJson)));
    }

    private Future<Reply> createUser(ApiRequest request) {
        JsonObject body = request.body();
        return users.create(
                        request.caller(),
                        body.getString("username"),
                        body.getString("password"),
                        Role.of(body.getString("role")),
                        request.idempotencyKey(),
                        request.bodyText())
                .map(user -> Reply.created("/api/v1/users/" + user.id(), user.toJson()).etag(user.version()));
    }

    private Future<Reply> getUser(ApiRequest request) {
        return users.find(request.path("user")).map(user -> Reply.ok(user.toJson()).etag(user.version()));
    }

    private Future<Reply> updateUser(ApiRequest request) {
        JsonObject body = request.body();
        String role = body.getString("role");
        var patch = new UserService.Patch(
                role == null ? null : Role.of(role), body.getString("password"), body.getBoolean("disabled"));
        return users.update(request.caller(), request.path("user"), patch, request.ifMatch())
                .map(user -> Reply.ok(user.toJson()).etag(user.version()));
    }

    private Future<Reply> deleteUser(ApiRequest request) {
        return users.delete(request.caller(), request.path("user")).map(done -> Reply.noContent());
    }

    private Future<Reply> listTokens(ApiRequest request) {
        return tokens.list(request.caller(), request.limit(), request.cursor())
                .map(page -> Reply.ok(page.toJson(ApiToken::toJson)));
    }

    private Future<Reply> createToken(ApiRequest request) {
        JsonObject body = request.body();
        String role = body.getString("role");
        return tokens.create(
                        request.caller(),
                        body.getString("name"),
                        role == null ? request.caller().role() : Role.of(role),
                        body.getLong("agent_id"),
                        Duration.ofSeconds(body.getLong("expires_in_seconds", 7_776_000L)))
                .map(created -> Reply.json(
                        201,
                        new JsonObject()
                                .put("token", created.value())
                                .put("api_token", created.token().toJson())));
    }

    private Future<Reply> revokeToken(ApiRequest request) {
        return tokens.revoke(request.caller(), request.pathUuid("token_id")).map(done -> Reply.noContent());
    }
}
