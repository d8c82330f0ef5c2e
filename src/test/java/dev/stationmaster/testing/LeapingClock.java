package dev.stationmaster.testing;

import dev.stationmaster.platform.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** The clock of the machine, which a test may move forward: for a whole server, where time must not stand still. Thread-safe. */
public final class LeapingClock implements Clock {
    private final Clock machine = Clock.system();
    private final AtomicLong leaptNanos = new AtomicLong();

    /** By whole microseconds. */
    public void leap(Duration time) {
        leaptNanos.addAndGet(time.toNanos());
    }

    @Override
    public Instant now() {
        return machine.now().plusNanos(leaptNanos.get());
    }

    @Override
    public long nanos() {
        return machine.nanos() + leaptNanos.get();
    }
}
