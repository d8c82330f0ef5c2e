package dev.stationmaster.jobs;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.jobs.JobMessages.CancelJob;
import dev.stationmaster.jobs.JobMessages.DeleteCheckpoints;
import dev.stationmaster.jobs.JobMessages.RunFacts;
import dev.stationmaster.jobs.JobMessages.SubmitJob;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Jobs as runs of something larger: other features submit, stop, read and compare them. Bound to one event loop. */
final class RunAnswers {
    private static final int MAX_IDS = 500;

    private final SubmitService submit;
    private final JobService jobs;
    private final RunStore runs;
    private final CheckpointFolders folders;
    private final Bus bus;

    RunAnswers(SubmitService submit, JobService jobs, RunStore runs, CheckpointFolders folders, Bus bus) {
        this.submit = submit;
        this.jobs = jobs;
        this.runs = runs;
        this.folders = folders;
        this.bus = bus;
    }

    void register() {
        bus.answer(SubmitJob.class, s -> submit(s.ownerId(), s.key(), body(s)));
        bus.answer(ServiceMessages.SubmitServiceJob.class, s -> submit(s.ownerId(), s.key(), ServiceAnswers.body(s)));
        bus.answer(CancelJob.class, this::cancel);
        bus.answer(JobMessages.FindRuns.class, q -> runs.find(bounded(q.jobIds()))
                .map(found -> new JobMessages.RunsFound(
                        found.stream().map(RunAnswers::facts).toList())));
        bus.answer(JobMessages.FindRunValues.class, q -> runs.values(bounded(q.jobIds()), q.metric(), q.steps())
                .map(JobMessages.RunValuesFound::new));
        bus.answer(JobMessages.FindCurves.class, q -> runs.curves(bounded(q.jobIds()), q.metrics(), q.points())
                .map(JobMessages.CurvesFound::new));
        bus.answer(
                DeleteCheckpoints.class,
                q -> runs.idle(bounded(q.jobIds())).compose(folders::clear).map(JobMessages.CheckpointsDeleted::new));
    }

    private static List<UUID> bounded(List<UUID> ids) {
        if (ids.size() > MAX_IDS) {
            throw new ApiException(ErrorCode.BAD_REQUEST, "At most " + MAX_IDS + " jobs at once.");
        }
        return ids;
    }

    private Future<JobMessages.JobSubmitted> submit(UUID ownerId, String key, JsonObject body) {
        return bus.request(new AccountMessages.FindUser(ownerId))
                .compose(user -> {
                    String name = user.username();
                    String role = user.role();
                    if (name == null || role == null || user.disabled()) {
                        return Future.failedFuture(
                                new ApiException(ErrorCode.FORBIDDEN, "The owner's account is gone or disabled."));
                    }
                    var caller = caller(ownerId, name, Role.of(role), key);
                    return submit.create(caller, body, Optional.of(key), key);
                })
                .map(job -> new JobMessages.JobSubmitted(job.id()));
    }

    private static JsonObject body(SubmitJob s) {
        var labels = new JsonObject();
        s.labels().forEach(labels::put);
        var body = new JsonObject()
                .put("agent_id", s.agentId())
                .put("name", s.name())
                .put("hyperparameters", new JsonObject(s.hyperparametersJson()))
                .put("training_config", new JsonObject(s.trainingConfigJson()))
                .put("priority", s.priority())
                .put("queue", s.queue())
                .put("max_attempts", s.maxAttempts())
                .put("labels", labels);
        if (s.agentVersion() != null) {
            body.put("agent_version", s.agentVersion());
        }
        if (s.timeoutSeconds() != null) {
            body.put("timeout_seconds", s.timeoutSeconds());
        }
        String resources = s.resourcesJson();
        return resources == null ? body : body.put("resource_requirements", new JsonObject(resources));
    }

    /** Also for owners whose rights are gone: what they started must be stoppable. */
    private Future<JobMessages.JobStopped> cancel(CancelJob c) {
        return jobs.cancel(caller(new UUID(0, 0), c.actor(), Role.OPERATOR, c.actor()), c.jobId())
                .recover(e -> e instanceof ApiException api && api.code() == ErrorCode.INVALID_STATE
                        ? runs.find(List.of(c.jobId())).map(found -> found.get(0))
                        : Future.failedFuture(e))
                .map(job -> new JobMessages.JobStopped(job.id(), job.state().wireName()));
    }

    private static Caller caller(UUID id, String name, Role role, String requestId) {
        return new Caller(id, name, role, null, null, null, null, Instant.MAX, requestId);
    }

    private static RunFacts facts(Job job) {
        return new RunFacts(
                job.id(),
                job.owner(),
                job.agentId(),
                job.agentName(),
                job.agentVersion(),
                job.name(),
                job.state().wireName(),
                job.state().isFinal(),
                job.reason(),
                job.message(),
                job.simulated(),
                job.hyperparameters().encode(),
                job.trainingConfig().encode(),
                job.metrics().encode(),
                job.costNanos(),
                job.step(),
                job.totalSteps(),
                job.createdAt(),
                job.startedAt(),
                job.finishedAt());
    }
}
