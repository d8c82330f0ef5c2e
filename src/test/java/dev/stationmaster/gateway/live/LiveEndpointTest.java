package dev.stationmaster.gateway.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stationmaster.jobs.JobMessages.QueueChanged;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LiveEndpointTest {
    private final LiveKit kit = new LiveKit(1_000);

    @AfterEach
    void close() {
        kit.close();
    }

    private String refused(WebSocketConnectOptions options) {
        UpgradeRejectedException e = catchThrowableOfType(UpgradeRejectedException.class, () -> kit.open(options));
        return e.getStatus() + " " + e.getBody();
    }

    private WebSocketConnectOptions signedIn(String path) {
        return kit.options(path).addHeader("Authorization", "Bearer viewer");
    }

    @Test
    void needsATokenOrATicket() {
        assertThat(refused(kit.options("/ws"))).isEqualTo("401 unauthenticated");
        assertThat(refused(kit.options("/ws").addHeader("Authorization", "Bearer wrong")))
                .isEqualTo("401 unauthenticated");
        assertThat(refused(kit.options("/ws?ticket=wrong"))).isEqualTo("401 unauthenticated");
        assertThat(kit.limit.open()).isZero();
    }

    @Test
    void aTicketOpensOneSocket() {
        String ticket = kit.tickets.issue(kit.caller(Role.VIEWER, null));
        new Watcher(kit.open(kit.options("/ws?ticket=" + ticket))).watch("jobs");
        assertThat(refused(kit.options("/ws?ticket=" + ticket))).isEqualTo("401 unauthenticated");
        String late = kit.tickets.issue(kit.caller(Role.VIEWER, null));
        kit.clock.advance(Duration.ofSeconds(30));
        assertThat(refused(kit.options("/ws?ticket=" + late))).isEqualTo("401 unauthenticated");
    }

    @Test
    void agentIdsInThePath() {
        assertThat(refused(signedIn("/ws/abc"))).isEqualTo("400 bad_request");
        assertThat(refused(signedIn("/ws/99999999999999999999"))).isEqualTo("400 bad_request");
        assertThat(refused(kit.options("/ws/8").addHeader("Authorization", "Bearer agent7")))
                .isEqualTo("404 not_found");
    }

    @Test
    void aPageOfAnotherOriginIsRefused() {
        assertThat(refused(signedIn("/ws").addHeader("Origin", "https://evil.example")))
                .isEqualTo("403 forbidden");
        assertThat(refused(signedIn("/ws").addHeader("Origin", "null"))).isEqualTo("403 forbidden");
        new Watcher(kit.open(signedIn("/ws").addHeader("Origin", "http://127.0.0.1:" + kit.port()))).watch("jobs");
    }

    @Test
    void notAnUpgrade() {
        var http = kit.vertx.createHttpClient();
        int status = LiveKit.await(http.request(HttpMethod.GET, kit.port(), "127.0.0.1", "/ws")
                .compose(request ->
                        request.putHeader("Authorization", "Bearer viewer").send())
                .map(response -> response.statusCode()));
        assertThat(status).isEqualTo(400);
    }

    @Test
    void theCompressionABrowserOffersIsDeclined() {
        var client = kit.vertx.createWebSocketClient(new WebSocketClientOptions().setTryUsePerMessageCompression(true));
        Watcher watcher = new Watcher(LiveKit.await(client.connect(signedIn("/ws"))));
        assertThat(watcher.socket().headers().contains("sec-websocket-extensions"))
                .isFalse();
        watcher.watch("jobs").takeNothing();
    }

    @Test
    void noMoreThanTheLimit() {
        try (LiveKit small = new LiveKit(1)) {
            Watcher first = small.connect("/ws");
            WebSocketConnectOptions again = small.options("/ws").addHeader("Authorization", "Bearer viewer");
            UpgradeRejectedException e = catchThrowableOfType(UpgradeRejectedException.class, () -> small.open(again));
            assertThat(e.getStatus()).isEqualTo(503);
            LiveKit.await(first.socket().close());
            small.onLoop(() -> small.vertx.timer(20));
            small.open(again);
            assertThat(small.meters.get("ws_sockets").gauge().value()).isEqualTo(1);
        }
    }

    @Test
    void closedByTheClient() {
        Watcher watcher = kit.connect("/ws").watch("jobs");
        LiveKit.await(watcher.socket().close((short) 4000, "bye"));
        assertThat(watcher.closeCode()).isEqualTo(4000);
        kit.onLoop(() -> kit.vertx.timer(20));
        assertThat(kit.limit.open()).isZero();
    }

    @Test
    void closedByTheServerThatStops() {
        Watcher watcher = kit.connect("/ws").watch("jobs");
        LiveKit.await(kit.closeHub());
        assertThat(watcher.closeCode()).isEqualTo(1001);
    }

    @Test
    void fragmentsOfAClientAreOneMessage() {
        Watcher watcher = kit.connect("/ws");
        String text = LiveKit.subscribe("queue").encode();
        LiveKit.await(watcher.socket().writeFrame(WebSocketFrame.textFrame(text.substring(0, 10), false)));
        LiveKit.await(watcher.socket().writePing(Buffer.buffer("between")));
        LiveKit.await(
                watcher.socket().writeFrame(WebSocketFrame.continuationFrame(Buffer.buffer(text.substring(10)), true)));
        watcher.take("snapshot");
    }

    @Test
    void wrongFramesCloseTheSocket() {
        Watcher binary = kit.connect("/ws");
        binary.socket().writeBinaryMessage(Buffer.buffer("x")).onFailure(e -> {});
        assertThat(binary.closeCode()).isEqualTo(1003);
        Watcher large = kit.connect("/ws");
        large.socket().writeTextMessage("x".repeat((1 << 16) + 1)).onFailure(e -> {});
        assertThat(large.closeCode()).isEqualTo(1009);
    }

    @Test
    void closesWhenTheTokenExpires() {
        Watcher watcher = kit.connect("/ws").watch("jobs");
        for (int i = 0; i < 14; i++) {
            kit.pass(Duration.ofSeconds(60));
            watcher.takeNothing();
        }
        kit.pass(Duration.ofSeconds(60));
        assertThat(watcher.closeCode()).isEqualTo(4401);
    }

    @Test
    void pingsAndLetsTheSilentGo() {
        var pings = new CopyOnWriteArrayList<String>();
        Watcher watcher = kit.connect("/ws");
        watcher.takeNothing(); // the hub has it: time passes for it
        watcher.socket().frameHandler(frame -> pings.add(frame.type().name()));
        kit.pass(Duration.ofSeconds(29));
        kit.pass(Duration.ofSeconds(1));
        watcher.takeNothing(); // its pong counts as a word
        assertThat(pings).contains("PING");
        kit.pass(Duration.ofSeconds(91));
        assertThat(watcher.closeCode()).isEqualTo(1001);
    }

    @Test
    void aThousandSockets() {
        var opening = new ArrayList<Future<Watcher>>();
        for (int i = 0; i < 1_000; i++) {
            opening.add(kit.client.connect(signedIn("/ws")).map(Watcher::new));
        }
        List<Watcher> watchers = LiveKit.await(Future.all(opening)).list();
        assertThat(kit.limit.open()).isEqualTo(1_000);
        JsonObject watchQueue = LiveKit.subscribe("queue");
        watchers.forEach(watcher -> watcher.send(watchQueue));
        watchers.forEach(watcher -> watcher.take("snapshot"));
        for (int i = 0; i < 5; i++) {
            kit.bus.publish(new QueueChanged(i, 0, 0));
            kit.taken();
            kit.flushed();
            for (Watcher watcher : watchers) {
                assertThat(watcher.take("queue").getInteger("queued")).isEqualTo(i);
            }
        }
    }

    @Test
    void ticketsAreMadeByTheOperation() {
        var caller = new Caller(new UUID(0, 2), "ada", Role.VIEWER, null, null, null, null, kit.clock.now(), "r");
        var request = new dev.stationmaster.platform.web.ApiRequest(null, null, caller);
        var reply = LiveKit.await(LiveEndpoint.ticketHandler(kit.tickets).handle(request));
        assertThat(reply.status()).isEqualTo(201);
        assertThat(reply.body().getInteger("expires_in")).isEqualTo(30);
        assertThat(kit.tickets.redeem(reply.body().getString("ticket"))).contains(caller);
    }
}
