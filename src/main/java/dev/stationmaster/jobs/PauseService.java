package dev.stationmaster.jobs;

import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sets jobs aside and lets them go on. Bound to one event loop. */
final class PauseService {
    private static final Logger LOG = LoggerFactory.getLogger(PauseService.class);

    private final JobService jobs;
    private final JobStore store;
    private final PauseStore pauses;
    private final JobQueue queue;
    private final Bus bus;
    private final Clock clock;

    PauseService(JobService jobs, JobStore store, PauseStore pauses, JobQueue queue, Bus bus, Clock clock) {
        this.jobs = jobs;
        this.store = store;
        this.pauses = pauses;
        this.queue = queue;
        this.bus = bus;
        this.clock = clock;
    }

    /** A running job is asked to save its state, as in a preemption, and is paused once its program has ended. */
    Future<Job> pause(Caller caller, UUID id) {
        return jobs.mine(caller, id)
                .compose(job -> store.audited(
                                tx -> pauses.pause(tx, id, caller.username()),
                                paused -> entry(caller, "job.pause", job, paused))
                        .map(paused -> paused.orElseThrow(() -> new ApiException(
                                ErrorCode.INVALID_STATE,
                                "The job can't be paused while it is "
                                        + job.state().wireName()
                                        + (job.state().isActive() ? "; try again in a moment." : ".")))))
                .onSuccess(this::tell);
    }

    private void tell(Job job) {
        JobNews.moved(bus, job, clock.utc());
        if (job.state() == JobState.PAUSED) {
            forTheReconciler(queue.done(List.of(job.id())));
            return;
        }
        bus.publish(new JobMessages.PreemptRequested(job.id(), job.lease()));
        if (job.worker() != null) { // another server's runs it, maybe
            forTheReconciler(queue.tell(JobQueue.ASSIGNED_CHANNEL, job.worker()));
        }
    }

    Future<Job> resume(Caller caller, UUID id) {
        return jobs.mine(caller, id)
                .compose(job -> store.audited(
                                tx -> pauses.resume(tx, id, caller.username()),
                                resumed -> entry(caller, "job.resume", job, resumed))
                        .map(resumed -> resumed.orElseThrow(() -> new ApiException(
                                ErrorCode.INVALID_STATE,
                                "The job is " + job.state().wireName() + " and not paused."))))
                .onSuccess(this::index);
    }

    private void index(Job job) {
        JobNews.moved(bus, job, clock.utc());
        if (job.state() == JobState.QUEUED) {
            forTheReconciler(queue.enqueue(List.of(job.queued())));
        } else if (job.state() == JobState.SCHEDULED) {
            forTheReconciler(queue.delay(
                    job.queued(), Objects.requireNonNull(job.runAt()).toInstant()));
        }
    }

    private static void forTheReconciler(Future<?> indexed) {
        indexed.onFailure(e -> LOG.debug("The reconciler will do it: {}", e.toString()));
    }

    private static AuditEntry entry(Caller caller, String action, Job before, Job after) {
        return new AuditEntry(
                caller.actor(),
                action,
                "job/" + after.id(),
                JobStore.brief(before),
                JobStore.brief(after),
                caller.requestId());
    }
}
