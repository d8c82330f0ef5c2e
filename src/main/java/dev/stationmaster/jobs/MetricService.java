package dev.stationmaster.jobs;

import dev.stationmaster.jobs.RecordStore.MetricRow;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Metrics that a job reports over HTTP, on whatever replica; fenced by the lease like its output. */
final class MetricService {
    private final JobService jobs;
    private final RecordStore records;
    private final Bus bus;
    private final Clock clock;
    private final JobsSettings settings;

    MetricService(JobService jobs, RecordStore records, Bus bus, Clock clock, JobsSettings settings) {
        this.jobs = jobs;
        this.records = records;
        this.bus = bus;
        this.clock = clock;
        this.settings = settings;
    }

    Future<Integer> post(
            Caller caller, UUID jobId, JsonObject metrics, @Nullable Long step, @Nullable Long totalSteps) {
        var found = caller.role() == Role.AGENT ? jobs.visible(caller, jobId) : jobs.mine(caller, jobId);
        return found.compose(job -> {
            check(caller, job, metrics);
            var row = new MetricRow(
                    job.id(), job.lease(), job.attempt(), clock.utc(), step, totalSteps, metrics.encode());
            return records.write(List.of(), List.of(row), List.of(row), List.of(), clock.utc())
                    .onSuccess(done -> bus.publish(new JobMessages.JobMetric(
                            job.id(), job.agentId(), job.attempt(), step, totalSteps, row.metrics(), row.at())))
                    .map(metrics.size());
        });
    }

    private void check(Caller caller, Job job, JsonObject metrics) {
        if (caller.jobId() != null && !caller.jobId().equals(job.id())) {
            throw new ApiException(ErrorCode.FORBIDDEN, "This token belongs to another job.");
        }
        boolean oldLease = caller.lease() != null && caller.lease() != job.lease();
        if (!job.state().isActive() || oldLease) {
            throw new ApiException(ErrorCode.INVALID_STATE, "This attempt of the job does not run (any more).");
        }
        long fresh = metrics.fieldNames().stream()
                .filter(name -> !job.metrics().containsKey(name))
                .count();
        if (job.metrics().size() + fresh > settings.maxMetricNames()) {
            throw new ApiException(
                    ErrorCode.UNPROCESSABLE, "A job may have at most " + settings.maxMetricNames() + " metrics.");
        }
    }
}
