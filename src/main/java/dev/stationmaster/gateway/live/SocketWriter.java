package dev.stationmaster.gateway.live;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one socket has still to be sent, and the sending: at most one network write is under way, which takes the answers
 * first, then the gaps, then up to {@value #MAX_WRITE} bytes of the backlog together. Bound to the event loop of its hub.
 */
final class SocketWriter {
    private static final Logger LOG = LoggerFactory.getLogger(SocketWriter.class);
    static final int MAX_WRITE = 1 << 16;
    private static final int MAX_ANSWERS = 300;
    private static final int MAX_ANSWER_BYTES = 8 << 20;

    private final NetSocket net;
    private final LiveHub hub;
    /** The topic a dropped frame came for; null when it is watched no more. */
    private final Function<LiveFrame, @Nullable String> topicOf;

    private final Deque<Buffer> answers = new ArrayDeque<>();
    private final Map<String, Long> gaps = new LinkedHashMap<>();
    private final Backlog backlog;
    private int answerBytes;
    private boolean queued;
    private boolean writing;
    private boolean finished;
    private long writingSince;

    SocketWriter(NetSocket net, LiveHub hub, Function<LiveFrame, @Nullable String> topicOf) {
        this.net = net;
        this.hub = hub;
        this.topicOf = topicOf;
        this.backlog = new Backlog(this::dropped);
    }

    /** Sends an answer, which nothing replaces. False when the client lets too many lie: it must be closed. */
    boolean answer(Buffer frame) {
        if (finished) {
            return true;
        }
        if (answers.size() >= MAX_ANSWERS || (answerBytes > 0 && answerBytes + frame.length() > MAX_ANSWER_BYTES)) {
            return false;
        }
        answers.add(frame);
        answerBytes += frame.length();
        wake();
        return true;
    }

    void send(LiveFrame frame) {
        if (!finished) {
            backlog.add(frame);
            wake();
        }
    }

    /** Counts a frame that was given up, here or while a snapshot was awaited. */
    void dropped(LiveFrame frame) {
        hub.countDropped();
        String topic = topicOf.apply(frame);
        if (topic != null) {
            gaps.merge(topic, 1L, Long::sum);
        }
    }

    /** Forgets what is unsent; the close frame is the last thing written. */
    void finish(@Nullable Buffer closeFrame) {
        finished = true;
        answers.clear();
        gaps.clear();
        backlog.clear();
        if (closeFrame != null) {
            net.write(closeFrame).onFailure(e -> LOG.debug("The client went away", e));
        }
    }

    /** How long the write under way has been waiting for the client to read; 0 when there is none. */
    long stalledNanos() {
        return writing ? hub.nanos() - writingSince : 0;
    }

    boolean isIdle() {
        return !writing && answers.isEmpty() && gaps.isEmpty() && backlog.isEmpty();
    }

    private void wake() {
        if (!queued && !writing) {
            queued = true;
            hub.flushSoon(this);
        }
    }

    /** Called by the hub, once for each {@link LiveHub#flushSoon}. */
    void flush() {
        queued = false;
        if (isIdle()) {
            hub.wrote(); // closed meanwhile
            return;
        }
        Buffer bytes = gather();
        writing = true;
        writingSince = hub.nanos();
        net.write(bytes).onComplete(done -> {
            writing = false;
            if (done.succeeded() && !isIdle()) {
                wake();
            }
            hub.wrote();
        });
    }

    private Buffer gather() {
        Buffer first = next();
        Buffer second = first.length() < MAX_WRITE ? nextOrNull() : null;
        if (second == null) {
            return first; // shared by all sockets, not copied
        }
        Buffer all = Buffer.buffer(Math.min(MAX_WRITE, 4 * (first.length() + second.length())))
                .appendBuffer(first)
                .appendBuffer(second);
        while (all.length() < MAX_WRITE) {
            Buffer more = nextOrNull();
            if (more == null) {
                break;
            }
            all.appendBuffer(more);
        }
        return all;
    }

    private @Nullable Buffer nextOrNull() {
        return answers.isEmpty() && gaps.isEmpty() && backlog.isEmpty() ? null : next();
    }

    private Buffer next() {
        Buffer answer = answers.poll();
        if (answer != null) {
            answerBytes -= answer.length();
            return answer;
        }
        var gap = gaps.entrySet().iterator();
        if (gap.hasNext()) {
            Map.Entry<String, Long> entry = gap.next();
            gap.remove();
            return WebSocketFrames.text(LiveJson.gap(entry.getKey(), entry.getValue()));
        }
        LiveFrame frame = backlog.poll();
        if (frame == null) {
            throw new IllegalStateException("There is nothing to send");
        }
        return frame.bytes();
    }
}
