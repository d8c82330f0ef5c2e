package dev.stationmaster.gateway.live;

import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.Authenticator;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code /ws} and {@code /ws/{agent_id}}: who may open a WebSocket, and the switch of protocols. Everything that is wrong
 * is a problem document, for nothing is switched until all is checked. Bound to the event loop of its hub.
 */
public final class LiveEndpoint {
    private static final String SCHEME = "Bearer ";

    private final LiveHub hub;
    private final Authenticator authenticator;
    private final Tickets tickets;
    private final SocketLimit limit;

    public LiveEndpoint(LiveHub hub, Authenticator authenticator, Tickets tickets, SocketLimit limit) {
        this.hub = hub;
        this.authenticator = authenticator;
        this.tickets = tickets;
        this.limit = limit;
    }

    /** Answers the operation createWsTicket. */
    public static ApiHandler ticketHandler(Tickets tickets) {
        return request -> Future.succeededFuture(Reply.json(
                        201,
                        new JsonObject()
                                .put("ticket", tickets.issue(request.caller()))
                                .put("expires_in", Tickets.LIFE.toSeconds()))
                .header("Cache-Control", "no-store"));
    }

    /** Adds the routes; no body handler may stand before them. */
    public void mount(Router router) {
        router.get("/ws").handler(this::handle);
        router.get("/ws/:agent_id").handler(this::handle);
    }

    private void handle(RoutingContext web) {
        String key;
        Long agentId;
        try {
            key = Handshake.check(web.request());
            agentId = agentId(web.pathParam("agent_id"));
        } catch (ApiException e) {
            web.fail(e);
            return;
        }
        caller(web.request())
                .onSuccess(caller -> {
                    if (agentId != null && !caller.maySeeAgent(agentId)) {
                        web.fail(ApiException.notFound("agent", agentId));
                    } else {
                        open(web, key, caller, agentId);
                    }
                })
                .onFailure(web::fail);
    }

    private static @Nullable Long agentId(@Nullable String text) {
        if (text == null) {
            return null;
        }
        if (!Topics.isValid("agent:" + text)) {
            throw new ApiException(ErrorCode.BAD_REQUEST, "The agent id in the path must be a positive whole number.");
        }
        return Long.valueOf(text);
    }

    private Future<Caller> caller(HttpServerRequest request) {
        String header = request.getHeader("Authorization");
        if (header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            String token = header.substring(SCHEME.length()).strip();
            return authenticator.authenticate(token, Ids.next().toString());
        }
        String ticket = request.getParam("ticket");
        return Optional.ofNullable(ticket)
                .flatMap(tickets::redeem)
                .map(Future::succeededFuture)
                .orElseGet(
                        () -> Future.failedFuture(
                                new ApiException(
                                        ErrorCode.UNAUTHENTICATED,
                                        ticket == null
                                                ? "Send Authorization: Bearer TOKEN, or ?ticket= from POST /api/v1/auth/ws-ticket."
                                                : "The ticket was used, is older than 30 seconds, or is of another replica; get a new one.")));
    }

    private void open(RoutingContext web, String key, Caller caller, @Nullable Long agentId) {
        if (!limit.tryAcquire()) {
            web.fail(ApiException.retryLater(
                    ErrorCode.UNAVAILABLE, "The server has as many WebSockets as server.max_sockets allows.", 5));
            return;
        }
        web.response()
                .putHeader("Upgrade", "websocket")
                .putHeader("Connection", "Upgrade")
                .putHeader("Sec-WebSocket-Accept", WebSocketFrames.accept(key));
        web.request()
                .toNetSocket()
                .onSuccess(net -> hub.open(net, caller, agentId))
                .onFailure(e -> {
                    limit.release();
                    web.fail(e);
                });
    }
}
