package dev.stationmaster.jobs;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Page;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What becomes of jobs that failed for good: somebody submits them again, or says that nothing is to be done. */
final class DeadLetterService {
    private final JobService jobs;
    private final SubmitService submit;
    private final JobStore store;
    private final DeadLetterStore letters;

    DeadLetterService(JobService jobs, SubmitService submit, JobStore store, DeadLetterStore letters) {
        this.jobs = jobs;
        this.submit = submit;
        this.store = store;
        this.letters = letters;
    }

    /** What may be asked for: operators about all, others about their own, agents' tokens about their agent. */
    static DeadLetterStore.Filter filter(
            Caller caller,
            @Nullable String queue,
            @Nullable Long agentId,
            @Nullable String owner,
            @Nullable String reason) {
        return new DeadLetterStore.Filter(
                caller.role().covers(Role.OPERATOR) ? null : caller.userId(),
                queue,
                caller.agentId() == null ? agentId : caller.agentId(),
                owner,
                reason);
    }

    Future<Page<Job>> list(DeadLetterStore.Filter filter, int limit, @Nullable String cursor) {
        return letters.page(filter, Page.numberCursor(cursor), limit + 1).map(rows -> Page.of(rows, limit, Job::seq));
    }

    /** As a retry, but once: a letter that somebody closed meanwhile is refused. */
    Future<JsonObject> redrive(Caller caller, JsonObject body) {
        return each(caller, body, id -> jobs.mine(caller, id)
                .compose(DeadLetterService::failed)
                .compose(old -> submit.redrive(caller, old)));
    }

    private static Future<Job> failed(Job job) {
        return job.state() == JobState.FAILED
                ? Future.succeededFuture(job)
                : Future.failedFuture(new ApiException(
                        ErrorCode.INVALID_STATE,
                        "Job " + job.id() + " is " + job.state().wireName() + " and no dead letter."));
    }

    Future<JsonObject> discard(Caller caller, JsonObject body) {
        return each(caller, body, id -> jobs.mine(caller, id)
                .compose(DeadLetterService::failed)
                .compose(job -> store.audited(
                        tx -> letters.discard(tx, id, caller.username()), closed -> discarded(caller, closed)))
                .map(closed -> closed.orElseThrow(() -> new ApiException(
                        ErrorCode.INVALID_STATE, "The letter of job " + id + " is closed already; see its events."))));
    }

    private Future<JsonObject> each(Caller caller, JsonObject body, Function<UUID, Future<Job>> action) {
        return BulkRun.chosen(
                        body,
                        f -> letters.matching(
                                filter(
                                        caller,
                                        f.getString("queue"),
                                        f.getLong("agent_id"),
                                        f.getString("owner"),
                                        f.getString("reason")),
                                BulkRun.MAX_JOBS + 1))
                .compose(ids -> BulkRun.each(ids, action));
    }

    private static AuditEntry discarded(Caller caller, Job job) {
        return new AuditEntry(
                caller.actor(),
                "dead_letter.discard",
                "job/" + job.id(),
                JobStore.brief(job),
                null,
                caller.requestId());
    }
}
