package dev.stationmaster.jobs;

import dev.stationmaster.jobs.JobTransitionStore.Change;
import dev.stationmaster.jobs.queue.QueuedJob;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings lost things back: jobs of a server that died, silent leases, retries that are due, and the index itself, which
 * is compared with PostgreSQL. All but the first is the leader's. Bound to the worker's event loop.
 */
final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
    private static final int PAGE = 1_000;
    /** No pause between two tries can be longer; see the contract. */
    private static final Duration LONGEST_PAUSE = Duration.ofDays(2);

    private final WorkerParts parts;
    private final StartStore starts;
    private final ClusterStore cluster;
    private final CostMeter costs;
    private final Adoption adoption;
    private boolean reconciling;
    private boolean sweeping;

    Recovery(WorkerParts parts, StartStore starts, ClusterStore cluster, CostMeter costs, Adoption adoption) {
        this.parts = parts;
        this.starts = starts;
        this.cluster = cluster;
        this.costs = costs;
        this.adoption = adoption;
    }

    /**
     * At start: what this server ran when it stopped and could not take up again. Its programs were ended by
     * {@code Runner.cleanUp} before.
     */
    Future<Void> own() {
        return parts.dispatch()
                .ofWorker(parts.worker())
                .compose(jobs -> each(
                        jobs.stream().filter(job -> !runsHere(job)).toList(),
                        0,
                        job -> lost(job, "server_restarted", "The server was restarted while it ran.")));
    }

    /** Jobs whose worker is silent for longer than its lease. */
    Future<Void> stalled() {
        return parts.dispatch()
                .stalled(PAGE)
                .compose(
                        jobs -> each(jobs.stream().filter(job -> !runsHere(job)).toList(), 0, this::silent));
    }

    private Future<Void> silent(Job job) {
        return (adoption.possibleElsewhere(job) ? adoption.takeOver(job) : Future.succeededFuture(false))
                .compose(adopted -> adopted ? Future.succeededFuture() : lostWithWorker(job));
    }

    /** Who is silent is given nothing more until it is heard of again: the job would go back to it. */
    private Future<Void> lostWithWorker(Job job) {
        String worker = job.worker();
        return (worker == null ? Future.<Void>succeededFuture() : cluster.leave(worker, List.of()))
                .compose(left -> lost(job, "lease_lost", "Its worker went silent."));
    }

    private boolean runsHere(Job job) {
        Attempt attempt = parts.running().get(job.id());
        return attempt != null && attempt.lease() == job.lease();
    }

    private Future<Void> lost(Job job, String reason, String message) {
        boolean tooOften =
                job.lostLeases() + 1 > parts.settings().maxLostLeases() && !"server_restarted".equals(reason);
        Change change = job.state() == JobState.CANCELLING
                ? Change.to(job.id(), job.lease(), JobState.CANCELLED, "cancelled_by_user", "Cancelled while it ran.")
                : tooOften
                        ? Change.to(
                                job.id(), job.lease(), JobState.FAILED, reason, message + " That happened too often.")
                        : Change.to(
                                job.id(),
                                job.lease(),
                                JobState.QUEUED,
                                reason,
                                message + " It goes on from its checkpoint.");
        return parts.dispatch()
                .uncharged(job, parts.settings().lease())
                .compose(time -> time.isPresent()
                        ? costs.chargeLost(job, time.get(), parts.settings().lease())
                        : Future.succeededFuture())
                .compose(done -> parts.transitions().apply(change.lost()))
                .compose(this::reindex);
    }

    private Future<Void> reindex(Optional<Job> moved) {
        if (moved.isEmpty()) {
            return Future.succeededFuture();
        }
        Job job = moved.get();
        LOG.info("Job {} is {} again ({})", job.id(), job.state().wireName(), job.reason());
        JobNews.moved(parts.bus(), job, parts.clock().utc());
        if (job.state().isFinal()) {
            parts.meters().finished(job.agentName(), job.state());
        }
        return parts.queue()
                .done(List.of(job.id()))
                .compose(done -> job.state() == JobState.QUEUED
                        ? parts.queue().enqueue(List.of(job.queued()))
                        : Future.succeededFuture(0))
                .<Void>mapEmpty()
                .otherwiseEmpty(); // the reconciler will do it
    }

    /** Retries whose pause is over, as the index says. */
    Future<Void> due() {
        return parts.queue()
                .due(parts.clock().now(), PAGE)
                .compose(ids -> ids.isEmpty()
                        ? Future.succeededFuture()
                        : parts.dispatch().byIds(ids).compose(jobs -> each(jobs, 0, this::requeue)));
    }

    private Future<Void> requeue(Job job) {
        if (job.state() != JobState.RETRY_WAIT && job.state() != JobState.SCHEDULED) { // the index was behind
            return Future.succeededFuture();
        }
        // the lease guards it: whoever queued it before us may have started it by now
        boolean retry = job.state() == JobState.RETRY_WAIT;
        return parts.transitions()
                .apply(Change.to(
                        job.id(),
                        job.lease(),
                        JobState.QUEUED,
                        retry ? "backoff" : null,
                        retry ? "The pause before the next try is over." : null))
                .compose(this::reindex);
    }

    /** Jobs whose dependencies have ended, and those that waited too long. */
    Future<Void> sweep() {
        if (sweeping) {
            return Future.succeededFuture();
        }
        sweeping = true;
        var now = parts.clock().utc();
        return starts.unblock(now, PAGE)
                .compose(jobs -> each(jobs, 0, this::settleStart))
                .compose(done -> starts.timeOut(now, PAGE))
                .compose(jobs -> each(jobs, 0, this::settleStart))
                .onComplete(done -> sweeping = false);
    }

    private Future<Void> settleStart(Job job) {
        var due = job.runAt();
        return job.state() == JobState.SCHEDULED && due != null
                ? parts.queue().delay(job.queued(), due.toInstant()).mapEmpty()
                : reindex(Optional.of(job));
    }

    /** Compares PostgreSQL with the index and adds what the index lacks. One run at a time. */
    Future<Void> reconcile() {
        if (reconciling) {
            return Future.succeededFuture();
        }
        reconciling = true;
        return queuedPage(0)
                .compose(done -> retryPage(0))
                .compose(done -> expired())
                .onComplete(done -> reconciling = false);
    }

    private Future<Void> queuedPage(long after) {
        return parts.dispatch().queued(after, PAGE).compose(page -> {
            if (page.jobs().isEmpty()) {
                return Future.succeededFuture();
            }
            var jobs = page.jobs();
            return parts.queue()
                    .known(jobs)
                    .compose(known -> {
                        var missing = new ArrayList<QueuedJob>();
                        for (int i = 0; i < jobs.size(); i++) {
                            if (!known.get(i)) {
                                missing.add(jobs.get(i));
                            }
                        }
                        if (!missing.isEmpty()) {
                            LOG.info("The index lacked {} queued jobs; added", missing.size());
                        }
                        return parts.queue().enqueue(missing);
                    })
                    .compose(done -> jobs.size() < PAGE ? Future.succeededFuture() : queuedPage(page.lastSeq()));
        });
    }

    private Future<Void> retryPage(long after) {
        return parts.dispatch().retryWait(after, PAGE).compose(jobs -> each(jobs, 0, this::keepRetry)
                .compose(done -> jobs.size() < PAGE
                        ? Future.succeededFuture()
                        : retryPage(jobs.get(jobs.size() - 1).seq())));
    }

    private Future<Void> keepRetry(Job job) {
        var due = job.runAt();
        var now = parts.clock().utc();
        var latest = now.plus(LONGEST_PAUSE); // later only if the clock was set back
        boolean tooLate = job.state() == JobState.RETRY_WAIT && due != null && due.isAfter(latest);
        if (due == null || due.isBefore(now) || tooLate) {
            return requeue(job);
        }
        return parts.queue().delay(job.queued(), due.toInstant()).mapEmpty();
    }

    /** Index leases that nobody prolonged: taken by a server that died before it claimed the rows, or left behind. */
    private Future<Void> expired() {
        return parts.queue()
                .expired(parts.clock().now(), PAGE)
                .compose(ids -> ids.isEmpty()
                        ? Future.succeededFuture()
                        : parts.dispatch().byIds(ids).compose(jobs -> {
                            var back = new ArrayList<UUID>();
                            var gone = new ArrayList<UUID>();
                            for (Job job : jobs) {
                                if (job.state() == JobState.QUEUED) {
                                    back.add(job.id());
                                } else if (!job.state().isActive()) {
                                    gone.add(job.id());
                                }
                            }
                            return Future.all(
                                            parts.queue().giveBack(back),
                                            parts.queue().done(gone))
                                    .mapEmpty();
                        }));
    }

    private interface Step {
        Future<Void> on(Job job);
    }

    /** One after the other; one that fails does not hold up the rest. */
    private Future<Void> each(List<Job> jobs, int from, Step step) {
        return from == jobs.size()
                ? Future.succeededFuture()
                : step.on(jobs.get(from)).transform(done -> {
                    if (done.failed()) {
                        LOG.warn("Job {}: {}", jobs.get(from).id(), done.cause().toString());
                    }
                    return each(jobs, from + 1, step);
                });
    }
}
