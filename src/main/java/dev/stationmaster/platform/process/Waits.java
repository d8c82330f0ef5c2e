package dev.stationmaster.platform.process;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for something outside this program that tells nobody when it happens. Blocks the caller. */
public final class Waits {
    private static final long STEP_NANOS = 10_000_000;

    private Waits() {}

    /** Asks every 10 ms. Returns the last answer; ends early when the thread is interrupted. */
    @CanIgnoreReturnValue
    public static boolean until(BooleanSupplier condition, Duration atMost) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > atMost.toNanos()
                    || Thread.currentThread().isInterrupted()) {
                return condition.getAsBoolean();
            }
            LockSupport.parkNanos(STEP_NANOS);
        }
        return true;
    }
}
