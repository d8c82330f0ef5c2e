package dev.stationmaster.gateway.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Promise;
import io.vertx.core.http.WebSocket;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client for tests: remembers what comes, and lets the test take it in order. Thread-safe. */
final class Watcher {
    private final WebSocket socket;
    private final BlockingQueue<JsonObject> received = new LinkedBlockingQueue<>();
    private final Promise<Short> closed = Promise.promise();

    Watcher(WebSocket socket) {
        this.socket = socket;
        socket.textMessageHandler(text -> received.add(new JsonObject(text)));
        socket.exceptionHandler(e -> {});
        socket.closeHandler(v -> closed.tryComplete(socket.closeStatusCode()));
    }

    WebSocket socket() {
        return socket;
    }

    void send(JsonObject command) {
        LiveKit.await(socket.writeTextMessage(command.encode()));
    }

    /** Subscribes and takes the snapshots. */
    Watcher watch(String... topics) {
        send(LiveKit.subscribe(topics));
        var snapshots = new ArrayList<String>();
        for (int i = 0; i < topics.length; i++) {
            snapshots.add(take("snapshot").getString("topic"));
        }
        assertThat(snapshots).containsExactlyInAnyOrder(topics);
        return this;
    }

    JsonObject take() {
        try {
            JsonObject next = received.poll(20, TimeUnit.SECONDS);
            assertThat(next).as("a frame").isNotNull();
            return next;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    JsonObject take(String type) {
        JsonObject next = take();
        assertThat(next.getString("type")).as("%s", next).isEqualTo(type);
        return next;
    }

    JsonObject takeError(String code) {
        JsonObject next = take("error");
        assertThat(next.getString("code")).as("%s", next).isEqualTo(code);
        return next;
    }

    /** Nothing more came before an answer to a ping. */
    void takeNothing() {
        send(new JsonObject().put("op", "ping"));
        take("pong");
    }

    int closeCode() {
        return LiveKit.await(closed.future());
    }
}
