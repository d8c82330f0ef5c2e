package dev.stationmaster.gateway.live;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Frames one socket has still to be sent, never more than {@value #MAX_FRAMES} or {@value #MAX_BYTES} bytes of each kind.
 * Of frames with a key only the latest is kept; of the others the oldest are dropped when there are too many. Bound to
 * one event loop.
 */
final class Backlog {
    static final int MAX_FRAMES = 1_000;
    static final int MAX_BYTES = 1 << 20;

    private final Consumer<LiveFrame> dropped;
    private final Map<String, LiveFrame> latest = new LinkedHashMap<>();
    private final Deque<LiveFrame> stream = new ArrayDeque<>();
    private int latestBytes;
    private int streamBytes;

    /** @param dropped told of each frame that is given up; not of those replaced by newer ones of their key */
    Backlog(Consumer<LiveFrame> dropped) {
        this.dropped = dropped;
    }

    boolean isEmpty() {
        return latest.isEmpty() && stream.isEmpty();
    }

    void add(LiveFrame frame) {
        if (frame.key() == null) {
            stream.add(frame);
            streamBytes += frame.size();
            while (stream.size() > MAX_FRAMES || (streamBytes > MAX_BYTES && stream.size() > 1)) {
                dropped.accept(pollStream());
            }
        } else {
            // Removed and put at the end: the state after a job's last log line must not overtake that line.
            forget(latest.remove(frame.key()));
            latest.put(frame.key(), frame);
            latestBytes += frame.size();
            while (latest.size() > MAX_FRAMES || (latestBytes > MAX_BYTES && latest.size() > 1)) {
                dropped.accept(pollLatest());
            }
        }
    }

    /** The oldest frame; null when there is none. */
    @Nullable
    LiveFrame poll() {
        if (latest.isEmpty()) {
            return stream.isEmpty() ? null : pollStream();
        }
        LiveFrame line = stream.peek();
        LiveFrame state = latest.values().iterator().next();
        return line != null && line.sequence() < state.sequence() ? pollStream() : pollLatest();
    }

    void clear() {
        latest.clear();
        stream.clear();
        latestBytes = 0;
        streamBytes = 0;
    }

    private LiveFrame pollStream() {
        LiveFrame frame = stream.remove();
        streamBytes -= frame.size();
        return frame;
    }

    private LiveFrame pollLatest() {
        Iterator<LiveFrame> oldest = latest.values().iterator();
        LiveFrame frame = oldest.next();
        oldest.remove();
        latestBytes -= frame.size();
        return frame;
    }

    private void forget(@Nullable LiveFrame frame) {
        if (frame != null) {
            latestBytes -= frame.size();
        }
    }
}
