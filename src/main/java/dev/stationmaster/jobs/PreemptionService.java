package dev.stationmaster.jobs;

import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The handshake of preemption as a program sees it over HTTP: whether it should make room, by when, and that it knows. On
 * whatever replica: PostgreSQL says, messages only hurry. Bound to one event loop.
 */
final class PreemptionService {
    /** In case the message of the change was lost. */
    private static final long LOOK_MS = 2_000;

    private final Vertx vertx;
    private final JobService jobs;
    private final JobStore store;
    private final JobTransitionStore transitions;
    private final Bus bus;
    private final Clock clock;

    PreemptionService(
            Vertx vertx, JobService jobs, JobStore store, JobTransitionStore transitions, Bus bus, Clock clock) {
        this.vertx = vertx;
        this.jobs = jobs;
        this.store = store;
        this.transitions = transitions;
        this.bus = bus;
        this.clock = clock;
    }

    /** Answers at once when the job is to make room or does not run, else when that changes or the wait is over. */
    Future<JsonObject> signal(Caller caller, UUID id, long waitSeconds) {
        return jobs.visible(caller, id).compose(job -> {
            check(caller, job);
            return waitSeconds <= 0 || job.state() != JobState.RUNNING
                    ? Future.succeededFuture(json(job))
                    : awaitChange(id, clock.nanos() + TimeUnit.SECONDS.toNanos(waitSeconds));
        });
    }

    private Future<JsonObject> awaitChange(UUID id, long until) {
        Promise<Void> woken = Promise.promise();
        var consumer = bus.on(JobMessages.JobChanged.class, m -> {
            if (m.jobId().equals(id)) {
                woken.tryComplete();
            }
        });
        long left = TimeUnit.NANOSECONDS.toMillis(until - clock.nanos());
        long timer = vertx.setTimer(Math.max(1, Math.min(LOOK_MS, left)), fired -> woken.tryComplete());
        return woken.future()
                .onComplete(done -> vertx.cancelTimer(timer))
                .compose(done -> consumer.unregister().otherwiseEmpty())
                .compose(done -> store.byId(id))
                .compose(found -> {
                    Job job = found.orElseThrow(() -> ApiException.notFound("job", id));
                    return job.state() == JobState.RUNNING && until - clock.nanos() > 0
                            ? awaitChange(id, until)
                            : Future.succeededFuture(json(job));
                });
    }

    private static JsonObject json(Job job) {
        Scheduling s = job.scheduling();
        return new JsonObject()
                .put("should_preempt", job.state() == JobState.PREEMPTING)
                .put("deadline_at", Times.iso(s.preemptDeadline()))
                .put(
                        "preempted_for",
                        s.preemptedFor() == null ? null : s.preemptedFor().toString())
                .put("acknowledged", s.preemptAcknowledged());
    }

    /** The program saves its state and will end: whatever its exit code, it goes on later from its checkpoint. */
    Future<JsonObject> acknowledge(Caller caller, UUID id) {
        var found = caller.role() == Role.AGENT ? jobs.visible(caller, id) : jobs.mine(caller, id);
        return found.compose(job -> {
                    check(caller, job);
                    return transitions.acknowledgePreemption(id, job.lease());
                })
                .map(done -> {
                    Job job = done.orElseThrow(() -> new ApiException(
                            ErrorCode.INVALID_STATE,
                            "The job is not asked to make room; there is nothing to acknowledge."));
                    JobNews.event(bus, job, clock.utc(), "job.preempt_acknowledged", job.name() + ": saves its state");
                    return json(job);
                });
    }

    private static void check(Caller caller, Job job) {
        if (caller.jobId() != null && !caller.jobId().equals(job.id())) {
            throw new ApiException(ErrorCode.FORBIDDEN, "This token belongs to another job.");
        }
        if (caller.lease() != null && caller.lease() != job.lease()) {
            throw new ApiException(ErrorCode.INVALID_STATE, "This attempt of the job does not run any more.");
        }
    }
}
