package dev.stationmaster.jobs;

import dev.stationmaster.jobs.Attempt.StopReason;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prolongs the leases of this server's attempts in PostgreSQL (which counts) and Redis (the index), and notices leases
 * that were lost and cancellations whose message was. Bound to the worker's event loop.
 */
final class LeaseKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

    private final WorkerParts parts;
    private final AttemptSupervisor supervisor;
    private final Runnable onIndexLoss;
    private long inContactSinceNanos;
    private boolean inContact;
    private boolean beating;

    LeaseKeeper(WorkerParts parts, AttemptSupervisor supervisor, Runnable onIndexLoss) {
        this.parts = parts;
        this.supervisor = supervisor;
        this.onIndexLoss = onIndexLoss;
    }

    /** Whether PostgreSQL answered without a break for so long that a silent lease is really silent. */
    boolean inContactFor(Duration time) {
        return inContact && parts.clock().nanos() - inContactSinceNanos >= time.toNanos();
    }

    void beat() {
        if (beating) {
            return;
        }
        beating = true;
        Map<UUID, Long> leases = new HashMap<>();
        parts.running().all().stream().filter(a -> !a.fenced).forEach(a -> leases.put(a.id(), a.lease()));
        parts.dispatch()
                .heartbeat(parts.worker(), leases, parts.settings().lease())
                .onComplete(result -> {
                    beating = false;
                    if (result.failed()) {
                        inContact = false;
                        LOG.warn("Leases not prolonged: {}", result.cause().toString());
                        return;
                    }
                    if (!inContact) {
                        inContact = true;
                        inContactSinceNanos = parts.clock().nanos();
                    }
                    leases.forEach(
                            (id, lease) -> check(id, lease, result.result().get(id)));
                    index();
                });
    }

    private void check(UUID id, long lease, @org.jspecify.annotations.Nullable JobState state) {
        Attempt attempt = parts.running().get(id);
        if (attempt == null || attempt.lease() != lease || attempt.ending) {
            return;
        }
        if (state == null) {
            supervisor.fence(attempt);
        } else if (state == JobState.PREEMPTING) {
            supervisor.preempt(attempt);
        } else if (state == JobState.CANCELLING && attempt.stopReason == null) {
            supervisor.stop(attempt, StopReason.CANCELLED);
        }
    }

    /** Only what still runs: an entry written after the end of its attempt would come back to life. */
    private void index() {
        var ids = parts.running().all().stream()
                .filter(a -> !a.fenced && !a.ending)
                .map(Attempt::id)
                .toList();
        if (ids.isEmpty()) {
            return;
        }
        parts.queue()
                .heartbeat(ids, parts.clock().now().plus(parts.settings().lease()))
                .otherwise(List.of())
                .onSuccess(lost -> {
                    if (!lost.isEmpty()) {
                        onIndexLoss.run();
                    }
                });
    }
}
