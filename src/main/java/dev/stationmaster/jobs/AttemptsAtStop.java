package dev.stationmaster.jobs;

import dev.stationmaster.jobs.Attempt.StopReason;
import io.vertx.core.Future;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The attempts of a server that stops: what can go on without it is let go, the rest ends with its grace period and goes
 * back to the queue. Bound to the worker's event loop.
 */
final class AttemptsAtStop {
    private static final Logger LOG = LoggerFactory.getLogger(AttemptsAtStop.class);
    private static final long LOOK_MS = 20;

    private final WorkerParts parts;
    private final AttemptSupervisor supervisor;
    private volatile int unwritten;

    AttemptsAtStop(WorkerParts parts, AttemptSupervisor supervisor) {
        this.parts = parts;
        this.supervisor = supervisor;
    }

    /** @param waitedNanos how much of the time for silent stores is used up */
    Future<Void> end(long waitedNanos) {
        List<Attempt> all = parts.running().all();
        List<Attempt> goOn = all.stream().filter(AttemptsAtStop::goesOn).toList();
        all.stream()
                .filter(attempt -> !goOn.contains(attempt))
                .forEach(attempt -> supervisor.stop(attempt, StopReason.SERVER_SHUTDOWN));
        long patience = parts.settings().stop().toNanos() - waitedNanos;
        return Future.join(parts.runners().values().stream()
                        .map(runner -> runner.close(parts.settings().grace()))
                        .toList())
                .transform(closed -> {
                    goOn.forEach(attempt -> supervisor
                            .letGo(attempt)
                            .onFailure(e -> LOG.warn("The last of {} is not written: {}", attempt.id(), e.toString())));
                    return emptied(parts.clock().nanos() + patience);
                });
    }

    /** How many attempts had ended here without PostgreSQL having taken that. */
    int unwritten() {
        return unwritten;
    }

    /** Its program needs no server to go on, and nobody wants it to end. */
    private static boolean goesOn(Attempt attempt) {
        return attempt.outlivesServer
                && attempt.launched
                && attempt.stopReason == null
                && !attempt.preempting
                && !attempt.ending
                && !attempt.exited;
    }

    /** Until the last attempt is written down. What PostgreSQL does not take in time, the next start finds. */
    private Future<Void> emptied(long deadline) {
        if (parts.running().size() == 0) {
            return Future.succeededFuture();
        }
        if (parts.clock().nanos() - deadline > 0) {
            parts.running().all().forEach(attempt -> attempt.fenced = true);
            unwritten = parts.running().size();
            LOG.warn("{} jobs could not be written down; the next start takes them up", unwritten);
            return Future.succeededFuture();
        }
        return parts.vertx().timer(LOOK_MS).compose(fired -> emptied(deadline));
    }
}
