package dev.stationmaster.gateway.live;

import dev.stationmaster.platform.web.Caller;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetSocket;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connected client: what it says, when it must go. Bound to the event loop of its hub.
 */
final class LiveSocket implements WebSocketFrames.Receiver {
    private static final Logger LOG = LoggerFactory.getLogger(LiveSocket.class);
    static final int TOKEN_EXPIRED = 4401;
    private static final long PING_NANOS = 30_000_000_000L;
    private static final long SILENT_NANOS = 90_000_000_000L;
    private static final long CLOSE_BROKEN_MS = 300;
    private static final long CLOSE_NANOS = 5_000_000_000L;

    private final NetSocket net;
    private final LiveHub hub;
    private final Caller caller;
    private final WebSocketFrames frames = new WebSocketFrames(this);
    private final SocketWriter writer;
    private final Watches watches;
    private long heardAt;
    private long pingedAt;
    private boolean closing;
    private long closingSince;

    LiveSocket(NetSocket net, LiveHub hub, Caller caller) {
        this.net = net;
        this.hub = hub;
        this.caller = caller;
        this.watches = new Watches(this, hub, caller);
        this.writer = new SocketWriter(net, hub, watches::topicOf);
        this.heardAt = hub.nanos();
        this.pingedAt = heardAt;
    }

    void open(@Nullable Long agentId) {
        net.exceptionHandler(e -> LOG.debug("WebSocket of {} broke", caller.username(), e));
        net.closeHandler(v -> ended());
        net.handler(this::read);
        if (agentId != null) {
            watches.add(Topics.agent(agentId));
        }
    }

    private void read(Buffer bytes) {
        heardAt = hub.nanos();
        try {
            frames.read(bytes);
        } catch (WebSocketFrames.ProtocolException e) {
            close(e.code, String.valueOf(e.getMessage()));
            // What follows can't be understood, not even a good-bye. Ending at once could take our reason with it.
            net.handler(ignored -> {});
            hub.later(CLOSE_BROKEN_MS, this::endConnection);
        }
    }

    @Override
    public void text(String message) {
        if (closing) {
            return;
        }
        JsonObject command = null;
        try {
            command = Json.decodeValue(message) instanceof JsonObject object ? object : null;
        } catch (DecodeException e) {
            LOG.debug("{} sends no JSON", caller.username(), e);
        }
        if (command == null) {
            error("bad_request", "Send a JSON object such as {\"op\":\"subscribe\",\"topics\":[\"jobs\"]}.", null);
        } else {
            obey(command);
        }
    }

    /** Takes a frame of a watched topic. */
    void offer(LiveFrame frame) {
        watches.offer(frame);
    }

    void send(LiveFrame frame) {
        writer.send(frame);
    }

    void dropped(LiveFrame frame) {
        writer.dropped(frame);
    }

    private void obey(JsonObject command) {
        String op = String.valueOf(command.getValue("op"));
        switch (op) {
            case "subscribe" -> topics(command).forEach(watches::add);
            case "unsubscribe" -> topics(command).forEach(watches::remove);
            case "ping" -> answer(WebSocketFrames.text(LiveJson.PONG));
            default -> error("bad_request", "op must be subscribe, unsubscribe or ping.", null);
        }
    }

    /** The valid ones; an error answers each of the others. */
    private List<String> topics(JsonObject command) {
        var found = new ArrayList<String>();
        if (!(command.getValue("topics") instanceof JsonArray names)
                || names.isEmpty()
                || names.size() > Watches.MAX_TOPICS) {
            error("bad_request", "topics must name 1 to " + Watches.MAX_TOPICS + " topics.", null);
            return found;
        }
        for (Object name : names) {
            if (name instanceof String topic && Topics.isValid(topic)) {
                found.add(topic);
            } else {
                error(
                        "bad_topic",
                        "A topic is jobs, agents, queue, events, job:UUID, agent:ID or deployment:ID.",
                        null);
            }
        }
        return found;
    }

    void error(String code, String detail, @Nullable String topic) {
        answer(WebSocketFrames.text(LiveJson.error(code, detail, topic)));
    }

    /** Sends what the client asked for; closes when it asks much and reads nothing. */
    void answer(Buffer frame) {
        if (!closing && !writer.answer(frame)) {
            close(WebSocketFrames.POLICY, "Read the answers before asking more");
        }
    }

    @Override
    public void ping(Buffer payload) {
        answer(WebSocketFrames.pong(payload));
    }

    @Override
    public void pong() {
        // that bytes came is enough
    }

    @Override
    public void closed(int code) {
        if (!closing) {
            beginClose(WebSocketFrames.close(code, ""));
        }
        endConnection();
    }

    /** Says why, and waits a little for the client to say good-bye as well. */
    void close(int code, String reason) {
        if (!closing) {
            beginClose(WebSocketFrames.close(code, reason));
        }
    }

    Caller caller() {
        return caller;
    }

    /** What it was opened with is void now. */
    void signedOut() {
        close(TOKEN_EXPIRED, "Signed out");
    }

    private void beginClose(Buffer closeFrame) {
        closing = true;
        closingSince = hub.nanos();
        watches.clear();
        writer.finish(closeFrame);
    }

    private void endConnection() {
        net.close().onFailure(e -> LOG.debug("close", e));
    }

    private void ended() {
        closing = true;
        watches.clear();
        writer.finish(null);
        hub.closed(this);
    }

    /** Every second: time-outs. */
    void check() {
        long now = hub.nanos();
        if (closing) {
            if (now - closingSince > CLOSE_NANOS) {
                // A client that does not read keeps even the end from being written. Reading nothing from it makes the
                // connection idle, and the idle time-out of the HTTP server cuts it.
                net.pause();
                endConnection();
            }
        } else if (!hub.wallTime().isBefore(caller.expiresAt())) {
            close(TOKEN_EXPIRED, "The token expired");
        } else if (now - heardAt > SILENT_NANOS) {
            close(WebSocketFrames.GOING_AWAY, "Nothing heard for 90 seconds");
        } else if (writer.stalledNanos() > SILENT_NANOS) {
            close(WebSocketFrames.POLICY, "Nothing read for 90 seconds");
        } else if (now - pingedAt >= PING_NANOS) {
            pingedAt = now;
            answer(WebSocketFrames.ping());
        }
    }
}
