package dev.stationmaster.platform.time;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/**
 * The source of time for every rule, so that "15 minutes above 80 %" is a test of milliseconds. Thread-safe.
 *
 * <p>{@link #now()} is wall-clock time, cut to microseconds as PostgreSQL stores it. {@link #nanos()} only measures
 * durations and never jumps.
 */
public interface Clock {
    Instant now();

    long nanos();

    default OffsetDateTime utc() {
        return now().atOffset(ZoneOffset.UTC);
    }

    static Clock system() {
        return new Clock() {
            @Override
            public Instant now() {
                return Instant.now().truncatedTo(ChronoUnit.MICROS);
            }

            @Override
            public long nanos() {
                return System.nanoTime();
            }
        };
    }
}
