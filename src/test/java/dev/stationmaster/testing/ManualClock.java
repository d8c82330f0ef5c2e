package dev.stationmaster.testing;

import dev.stationmaster.platform.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that stands still until a test moves it. Thread-safe. */
public final class ManualClock implements Clock {
    public static final Instant START = Instant.parse("2026-03-14T09:26:53.589793Z");

    private final AtomicLong passedNanos = new AtomicLong();
    private final Instant start;

    public ManualClock() {
        this(START);
    }

    public ManualClock(Instant start) {
        this.start = start;
    }

    public void advance(Duration time) {
        passedNanos.addAndGet(time.toNanos());
    }

    @Override
    public Instant now() {
        return start.plusNanos(passedNanos.get() / 1000 * 1000);
    }

    /** Near the overflow of a long, where only differences may be trusted. */
    @Override
    public long nanos() {
        return Long.MAX_VALUE - 1_000_000 + passedNanos.get();
    }
}
