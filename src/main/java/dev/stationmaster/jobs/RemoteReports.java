package dev.stationmaster.jobs;

import dev.stationmaster.jobs.Attempt.StopReason;
import dev.stationmaster.jobs.DispatchStore.Uncharged;
import dev.stationmaster.jobs.JobTransitionStore.Change;
import dev.stationmaster.jobs.runner.Exit;
import dev.stationmaster.jobs.runner.HealthReport;
import dev.stationmaster.jobs.runner.LaunchException;
import dev.stationmaster.jobs.runner.Usage;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What remote workers say of the attempts they hold. Refused when another has the lease: then nothing changes. Holds no
 * state, so each report may go to another server.
 */
final class RemoteReports {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteReports.class);
    private static final String NOT_STARTED = "not_started";

    private final RemoteParts parts;
    private final AttemptEnd ends;
    private final AttemptOutcome outcomes;
    private final CostMeter costs;
    private final AttemptSettlement settle;
    private final ServiceStore services;

    RemoteReports(RemoteParts parts) {
        this.parts = parts;
        this.services = parts.stores().services();
        this.ends = AttemptEnd.of(parts.settings(), parts.clock());
        this.outcomes = new AttemptOutcome(parts.stores().jobs(), parts.stores().transitions(), ends);
        this.costs = new CostMeter(
                parts.clock(),
                parts.bus(),
                parts.stores().records(),
                parts.settings().charge());
        this.settle = new AttemptSettlement(parts.queue(), () -> parts.bus().publish(new JobMessages.RoomFreed()));
    }

    /** The job, if the caller's worker holds it under this lease. */
    Future<Job> held(Caller caller, String worker, UUID jobId, long lease) {
        return parts.remote()
                .held(jobId, lease, worker, caller.userId())
                .map(found -> found.orElseThrow(() -> lost(jobId, lease)));
    }

    static ApiException lost(UUID jobId, long lease) {
        return new ApiException(
                ErrorCode.LEASE_LOST,
                "The lease " + lease + " of job " + jobId
                        + " is not this worker's; end the program, nothing was taken.");
    }

    Future<Void> started(Job job) {
        return parts.stores()
                .transitions()
                .apply(Change.to(job.id(), job.lease(), JobState.RUNNING, null, null))
                .map(moved -> {
                    moved.ifPresent(
                            now -> JobNews.moved(parts.bus(), now, parts.clock().utc()));
                    return null;
                });
    }

    Future<Void> health(Job job, JsonObject body) {
        var report = new HealthReport(body.getBoolean("healthy"), body.getString("message"), body.getString("address"));
        return services.health(job.id(), job.lease(), report, parts.clock().utc())
                .onSuccess(done -> parts.bus()
                        .publish(new ServiceMessages.JobHealth(
                                job.id(), job.agentId(), report.healthy(), report.message(), report.address())));
    }

    /** What a worker measured of the jobs that it holds. */
    void usage(Job job, Usage usage) {
        var now = parts.clock().utc();
        parts.bus()
                .publish(new JobMessages.JobUsage(job.id(), job.agentId(), usage.cpuCores(), usage.memoryBytes(), now));
        if (job.isService()) {
            services.usage(job.id(), job.lease(), usage, now)
                    .onFailure(e -> LOG.debug("The usage of job {} was not written: {}", job.id(), e.toString()));
        }
    }

    Future<Void> ended(Job job, JsonObject report) {
        Long peak = report.getLong("peak_memory_bytes");
        return parts.stores()
                .dispatch()
                .progress(job.id(), job.lease())
                .compose(known -> known.isEmpty() || known.get().chargedUntil() == null
                        ? Future.succeededFuture()
                        : costs.chargeEnd(
                                job,
                                new Uncharged(
                                        known.get().chargedUntil(),
                                        parts.clock().utc()),
                                peak,
                                parts.settings().lease()))
                .compose(charged -> parts.remote().stopLine(job.id(), job.lease()))
                .compose(stopLine -> {
                    Attempt attempt = new Attempt(job);
                    attempt.stopRetries = stopLine.orElse(null);
                    attempt.stopReason = stoppedFor(report.getString("stopped_for"));
                    attempt.preempting = job.state() == JobState.PREEMPTING;
                    attempt.preemptAcknowledged = job.scheduling().preemptAcknowledged();
                    return finish(attempt, change(attempt, report));
                });
    }

    private Change change(Attempt attempt, JsonObject report) {
        String message = report.getString("message");
        if (NOT_STARTED.equals(report.getString("cause")) && attempt.stopReason == null) {
            return ends.notStarted(attempt, report.getString("reason", "setup_failed"), message);
        }
        String cause = NOT_STARTED.equals(report.getString("cause")) ? "stopped" : report.getString("cause");
        return ends.of(
                attempt,
                new Exit(Exit.Cause.valueOf(cause.toUpperCase(Locale.ROOT)), report.getInteger("exit_code"), message),
                false);
    }

    private static @Nullable StopReason stoppedFor(@Nullable String order) {
        return order == null
                ? null
                : switch (order) {
                    case "cancelled" -> StopReason.CANCELLED;
                    case "budget_exhausted" -> StopReason.BUDGET_EXHAUSTED;
                    case "preempted" -> StopReason.PREEMPTED;
                    default -> StopReason.WORKER_LEAVES;
                };
    }

    private Future<Void> finish(Attempt attempt, Change change) {
        return outcomes.apply(attempt, change).map(left -> {
            left.ifPresent(job -> JobNews.moved(parts.bus(), job, parts.clock().utc()));
            settle.ended(attempt, left);
            return null;
        });
    }

    /** The job could not even be handed over. */
    Future<Void> notPrepared(Job job, Throwable error) {
        return error instanceof LaunchException e
                ? finish(
                        new Attempt(job), ends.notStarted(new Attempt(job), e.reason(), String.valueOf(e.getMessage())))
                : Future.succeededFuture(); // a store is away: the next poll tries again
    }

    /** Its worker says nothing of it any more: it was started anew. */
    void forgotten(Job job) {
        finish(
                        new Attempt(job),
                        ends.of(
                                new Attempt(job),
                                new Exit(Exit.Cause.LOST, null, "its worker gave it up, or was started anew"),
                                false))
                .onFailure(e -> LOG.warn("Job {}: {}", job.id(), e.toString()));
    }
}
