package dev.stationmaster.jobs;

import dev.stationmaster.jobs.queue.JobQueue;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the index in line after an attempt, lets the owner's parked jobs try again, and wakes the dispatcher. */
final class AttemptSettlement {
    private static final Logger LOG = LoggerFactory.getLogger(AttemptSettlement.class);
    private static final int UNPARK = 64;

    private final JobQueue queue;
    private final Runnable wake;

    AttemptSettlement(JobQueue queue, Runnable wake) {
        this.queue = queue;
        this.wake = wake;
    }

    void ended(Job job) {
        var queued = JobService.queued(job);
        var settled =
                switch (job.state()) {
                    case QUEUED -> queue.done(List.of(queued)).compose(done -> queue.enqueue(List.of(queued)));
                    case RETRY_WAIT ->
                        queue.delay(
                                queued,
                                job.runAt() == null
                                        ? job.queuedAt().toInstant()
                                        : job.runAt().toInstant());
                    default -> queue.done(List.of(queued));
                };
        settled.compose(done -> queue.unpark(job.ownerId(), UNPARK)).onComplete(done -> {
            if (done.failed()) {
                LOG.debug(
                        "The reconciler will settle job {}: {}",
                        job.id(),
                        done.cause().toString());
            }
            wake.run();
        });
    }
}
