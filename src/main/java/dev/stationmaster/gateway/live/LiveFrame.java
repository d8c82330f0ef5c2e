package dev.stationmaster.gateway.live;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One message for watchers, encoded once and shared by every socket of an event loop.
 *
 * @param sequence order of making, within the hub
 * @param key a newer frame of the same key replaces an unsent one; null: every frame counts
 * @param topics it is sent to watchers of any of these
 * @param bytes the WebSocket frame; never changed
 */
record LiveFrame(long sequence, @Nullable String key, List<String> topics, Buffer bytes) {
    int size() {
        return bytes.length();
    }
}
