package dev.stationmaster.jobs;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.Usage;
import io.vertx.core.Future;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An attempt that runs on this server: what the worker keeps in memory. Bound to the worker's event loop. */
final class Attempt {
    final Job job;
    /** Why this server ends it; null while it may go on. */
    @Nullable
    StopReason stopReason;
    /** The lease is gone: whatever happens now changes nothing. */
    boolean fenced;

    /** It was told to make room. */
    boolean preempting;
    /** ... and its program said that it saves its state. */
    boolean preemptAcknowledged;

    /** The log line that forbids further tries, shortened. */
    @Nullable
    String stopRetries;

    /** Its program goes on without this server, and the next one can take it up. */
    boolean outlivesServer;

    boolean launched;
    /** The program has ended: only its last charge is still to come. */
    boolean exited;
    /** Its end is being written: a heartbeat that misses it means nothing. */
    boolean ending;
    /** Done when the row says running, or never will. */
    Future<?> runningWritten = Future.succeededFuture();

    @Nullable
    OffsetDateTime startedAt;

    @Nullable
    OffsetDateTime chargedUntil;

    /** {@code Clock.nanos} at {@link #chargedUntil}. */
    long chargedUntilNanos;

    @Nullable
    Long peakMemoryBytes;

    /** As measured last. */
    @Nullable
    Usage usage;

    /** Why a running attempt is ended from outside. */
    enum StopReason {
        CANCELLED,
        BUDGET_EXHAUSTED,
        SERVER_SHUTDOWN,
        LEASE_LOST,
        PREEMPTED,
        /** Its remote worker is drained or stops. */
        WORKER_LEAVES
    }

    Attempt(Job job) {
        this.job = job;
    }

    UUID id() {
        return job.id();
    }

    long lease() {
        return job.lease();
    }

    Resources resources() {
        return job.held();
    }

    void saw(Usage latest) {
        usage = latest;
        Long bytes = latest.memoryBytes();
        Long peak = peakMemoryBytes;
        if (bytes != null && (peak == null || bytes > peak)) {
            peakMemoryBytes = bytes;
        }
    }
}
