package dev.stationmaster.jobs;

import dev.stationmaster.jobs.queue.JobQueue;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the index in line after an attempt, and wakes the dispatcher. */
final class AttemptSettlement {
    private static final Logger LOG = LoggerFactory.getLogger(AttemptSettlement.class);

    private final JobQueue queue;
    private final Runnable freed;

    AttemptSettlement(JobQueue queue, Runnable freed) {
        this.queue = queue;
        this.freed = freed;
    }

    /** @param left the job as the attempt left it; empty when another holds it by now, and its place in the index */
    void ended(Attempt attempt, Optional<Job> left) {
        left.map(this::settle).orElseGet(() -> Future.succeededFuture(0)).onComplete(done -> {
            if (done.failed()) {
                LOG.debug(
                        "The reconciler will settle job {}: {}",
                        attempt.id(),
                        done.cause().toString());
            }
            freed.run();
        });
    }

    private Future<Integer> settle(Job job) {
        return switch (job.state()) {
            case QUEUED -> queue.done(List.of(job.id())).compose(done -> queue.enqueue(List.of(job.queued())));
            case RETRY_WAIT ->
                queue.delay(
                        job.queued(),
                        job.runAt() == null
                                ? job.queuedAt().toInstant()
                                : job.runAt().toInstant());
            default -> queue.done(List.of(job.id()));
        };
    }
}
