package dev.stationmaster.testing;

import dev.stationmaster.platform.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** Time that passes only when a test says so. Thread-safe. */
public final class ManualClock implements Clock {
    private final Instant start;
    private final AtomicLong passed = new AtomicLong();

    public ManualClock() {
        this(Instant.parse("2026-11-20T12:00:00Z"));
    }

    public ManualClock(Instant start) {
        this.start = start;
    }

    public void advance(Duration time) {
        passed.addAndGet(time.toNanos());
    }

    @Override
    public Instant now() {
        return start.plusNanos(passed.get());
    }

    @Override
    public long nanos() {
        return passed.get();
    }
}
