package dev.stationmaster.worker;

import java.util.concurrent.ThreadLocalRandom;

/** Pauses between tries: doubling, bounded, with jitter so that many workers do not come back at one moment. */
final class Backoff {
    private static final long FIRST_MS = 250;
    private static final long MOST_MS = 5_000;

    private long next = FIRST_MS;

    long pauseMillis() {
        long pause = next;
        next = Math.min(MOST_MS, next * 2);
        return pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
    }

    void reset() {
        next = FIRST_MS;
    }
}
