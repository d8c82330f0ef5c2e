package dev.stationmaster.gateway.live;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one client watches, and whether it may. Changes of a topic whose snapshot is still awaited are held back and follow
 * it, so that none is lost. Bound to the event loop of its hub.
 */
final class Watches {
    private static final Logger LOG = LoggerFactory.getLogger(Watches.class);
    static final int MAX_TOPICS = 100;

    /** A watched topic. While its snapshot is awaited it holds changes back. */
    private static final class Watch {
        @Nullable
        Backlog held;
    }

    private final LiveSocket socket;
    private final LiveHub hub;
    private final Caller caller;
    private final Map<String, Watch> watches = new HashMap<>();
    private int awaited;
    private long lastSequence = -1;
    private boolean over;

    Watches(LiveSocket socket, LiveHub hub, Caller caller) {
        this.socket = socket;
        this.hub = hub;
        this.caller = caller;
    }

    /** Watches a topic, or sends its snapshot anew. */
    void add(String topic) {
        Watch known = watches.get(topic);
        if (over || (known != null && known.held != null)) {
            return; // closed by an answer before this, or its snapshot is on the way
        }
        if (known == null && watches.size() >= MAX_TOPICS) {
            socket.error("too_many_topics", "A socket may watch " + MAX_TOPICS + " topics.", topic);
            return;
        }
        Watch watch = new Watch();
        if (caller.role().covers(Role.VIEWER) || topic.equals(ownAgentTopic())) {
            start(topic, watch);
        } else if (Topics.isJob(topic)) {
            startIfOwn(topic, watch);
        } else {
            forbid(topic);
        }
    }

    /** Watched from now on, so that it counts as a topic, but told of nothing until the job is known to be its own. */
    private void startIfOwn(String topic, Watch watch) {
        hold(topic, watch);
        hub.agentOf(Topics.jobId(topic)).onComplete(found -> {
            if (watches.get(topic) != watch) {
                return;
            }
            if (found.failed()) {
                refuse(topic, watch, found.cause());
            } else if (found.result() == null || !caller.maySeeAgent(found.result())) {
                drop(topic, watch);
                forbid(topic);
            } else {
                start(topic, watch);
            }
        });
    }

    /** Watch first, then ask: a change between the two is in the snapshot, or held, or both; never lost. */
    private void start(String topic, Watch watch) {
        hold(topic, watch);
        hub.watch(topic, socket);
        hub.snapshot(topic).onComplete(found -> {
            if (watches.get(topic) != watch) {
                return;
            }
            if (found.failed()) {
                refuse(topic, watch, found.cause());
                return;
            }
            socket.answer(WebSocketFrames.text(LiveJson.snapshot(topic, found.result())));
            release(watch);
        });
    }

    private void hold(String topic, Watch watch) {
        Watch before = watches.put(topic, watch);
        if (before != null && before.held != null && before != watch) {
            awaited--;
        }
        if (watch.held == null) {
            watch.held = new Backlog(socket::dropped);
            awaited++;
        }
    }

    private void release(Watch watch) {
        Backlog held = watch.held;
        if (held == null) {
            return;
        }
        watch.held = null;
        awaited--;
        for (LiveFrame frame = held.poll(); frame != null; frame = held.poll()) {
            deliver(frame);
        }
    }

    private void refuse(String topic, Watch watch, Throwable cause) {
        drop(topic, watch);
        if (cause instanceof ApiException api && api.code() != ErrorCode.INTERNAL) {
            socket.error(api.code().wireName(), String.valueOf(api.getMessage()), topic);
        } else {
            LOG.warn("No snapshot of {}", topic, cause);
            socket.error(
                    "unavailable", "The topic can't be watched at the moment; subscribe again in a second.", topic);
        }
    }

    private void forbid(String topic) {
        socket.error("forbidden", "A machine token may watch its own agent and that agent's jobs only.", topic);
    }

    void remove(String topic) {
        Watch watch = watches.get(topic);
        if (watch != null) {
            drop(topic, watch);
        }
    }

    private void drop(String topic, Watch watch) {
        watches.remove(topic);
        hub.unwatch(topic, socket);
        release(watch);
    }

    /** Takes a frame of a watched topic; a second topic of the same frame changes nothing. */
    void offer(LiveFrame frame) {
        if (frame.sequence() == lastSequence) {
            return;
        }
        lastSequence = frame.sequence();
        deliver(frame);
    }

    private void deliver(LiveFrame frame) {
        if (awaited > 0) {
            for (String topic : frame.topics()) {
                Watch watch = watches.get(topic);
                if (watch != null && watch.held != null) {
                    watch.held.add(frame);
                    return;
                }
            }
        }
        if (topicOf(frame) != null) {
            socket.send(frame);
        }
    }

    /** The topic that brings this frame; null when it is watched no more. */
    @Nullable
    String topicOf(LiveFrame frame) {
        for (String topic : frame.topics()) {
            if (watches.containsKey(topic)) {
                return topic;
            }
        }
        return null;
    }

    private @Nullable String ownAgentTopic() {
        Long own = caller.agentId();
        return own == null ? null : Topics.agent(own);
    }

    void clear() {
        over = true;
        watches.keySet().forEach(topic -> hub.unwatch(topic, socket));
        watches.clear();
        awaited = 0;
    }
}
