package dev.stationmaster.gateway.live;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts the open WebSockets of the process against {@code server.max_sockets}. Thread-safe: one for all event loops. */
public final class SocketLimit {
    private final int max;
    private final AtomicInteger open = new AtomicInteger();

    public SocketLimit(int max, MeterRegistry meters) {
        this.max = max;
        Gauge.builder("ws_sockets", open, AtomicInteger::get)
                .description("Open WebSockets")
                .register(meters);
    }

    /** Whether one more may open; if so, {@link #release()} must follow. */
    boolean tryAcquire() {
        if (open.incrementAndGet() <= max) {
            return true;
        }
        open.decrementAndGet();
        return false;
    }

    void release() {
        open.decrementAndGet();
    }

    int open() {
        return open.get();
    }
}
