package dev.stationmaster.jobs;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.jobs.JobTransitionStore.Change;
import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Page;
import io.vertx.core.Future;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What people may do with jobs that exist. Bound to one event loop. */
final class JobService {
    private static final Logger LOG = LoggerFactory.getLogger(JobService.class);

    private final JobStore store;
    private final JobTransitionStore transitions;
    private final JobQueue queue;
    private final Bus bus;
    private final JobMeters meters;

    JobService(JobStore store, JobTransitionStore transitions, JobQueue queue, Bus bus, JobMeters meters) {
        this.store = store;
        this.transitions = transitions;
        this.queue = queue;
        this.bus = bus;
        this.meters = meters;
    }

    /** For reading: agent tokens see only jobs of their own agent. */
    Future<Job> visible(Caller caller, UUID id) {
        return store.byId(id).map(found -> found.filter(job -> caller.maySeeAgent(job.agentId()))
                .orElseThrow(() -> ApiException.notFound("job", id)));
    }

    /** For changing: the owner's and the operators'. */
    Future<Job> mine(Caller caller, UUID id) {
        return visible(caller, id)
                .compose(job -> caller.mayChange(job.ownerId())
                        ? Future.succeededFuture(job)
                        : Future.failedFuture(new ApiException(
                                ErrorCode.FORBIDDEN,
                                "Job " + id + " belongs to " + job.owner() + "; ask them or an operator.")));
    }

    Future<Page<Job>> list(
            Caller caller,
            @Nullable String states,
            @Nullable Long agentId,
            @Nullable String owner,
            @Nullable String queue,
            @Nullable String kind,
            int limit,
            @Nullable String cursor) {
        Long only = caller.agentId() == null ? agentId : caller.agentId();
        return store.page(Page.numberCursor(cursor), states(states), only, owner, queue, kind, limit + 1)
                .map(rows -> Page.of(rows, limit, Job::seq));
    }

    static String @Nullable [] states(@Nullable String states) {
        if (states == null) {
            return null;
        }
        String[] names = states.split(",");
        for (String name : names) {
            if (JobState.all().stream().noneMatch(s -> s.wireName().equals(name))) {
                throw new ApiException(
                        ErrorCode.BAD_REQUEST,
                        "There is no state " + name + "; the states are "
                                + String.join(
                                        ", ",
                                        JobState.all().stream()
                                                .map(JobState::wireName)
                                                .toList()) + ".");
            }
        }
        return Arrays.copyOf(names, names.length);
    }

    /** 1 is next; null when it does not wait. Jobs that are set aside are not in the index: PostgreSQL counts. */
    Future<@Nullable Long> position(Job job) {
        if (job.state() != JobState.QUEUED) {
            return Future.succeededFuture(null);
        }
        return queue.position(job.queued())
                .otherwiseEmpty()
                .compose(rank -> rank == null ? store.positionOf(job) : Future.succeededFuture(rank));
    }

    /** A waiting job ends at once; an active one is asked to end and answers when it has. */
    Future<Job> cancel(Caller caller, UUID id) {
        return mine(caller, id).compose(job -> {
            if (job.state().isFinal()) {
                return Future.failedFuture(new ApiException(
                        ErrorCode.INVALID_STATE,
                        "The job is " + job.state().wireName() + " already; nothing is left to cancel."));
            }
            if (job.state() == JobState.CANCELLING) {
                return Future.succeededFuture(job);
            }
            JobState to = job.state().isActive() ? JobState.CANCELLING : JobState.CANCELLED;
            var change = Change.to(id, job.lease(), to, "cancelled_by_user", "Cancelled by " + caller.actor() + ".");
            return store.audited(
                            tx -> transitions.apply(tx, change), changed -> entry(caller, "job.cancel", job, changed))
                    .compose(changed -> changed.isPresent()
                            ? Future.succeededFuture(changed.get())
                            : cancel(caller, id)) // it moved on meanwhile: look again
                    .onSuccess(this::cancelled);
        });
    }

    private void cancelled(Job job) {
        JobNews.changed(bus, job);
        if (job.state() == JobState.CANCELLING) {
            bus.publish(new JobMessages.CancelRequested(job.id(), job.lease()));
        } else if (job.state() == JobState.CANCELLED) {
            meters.finished(job.agentName(), job.state());
            queue.done(List.of(job.id())).onFailure(e -> LOG.debug("The reconciler will do it: {}", e.toString()));
        }
    }

    Future<Job> setPriority(Caller caller, UUID id, int priority, @Nullable Long ifMatch) {
        return mine(caller, id).compose(job -> {
            if (ifMatch != null && ifMatch != job.version()) {
                return Future.failedFuture(new ApiException(
                        ErrorCode.PRECONDITION_FAILED, "The job was changed meanwhile; read it again."));
            }
            return store.audited(
                            tx -> transitions.setPriority(tx, id, priority),
                            changed -> entry(caller, "job.priority", job, changed))
                    .map(changed -> changed.orElseThrow(() -> new ApiException(
                            ErrorCode.INVALID_STATE, "The priority can be changed only while the job waits.")))
                    .onSuccess(changed -> {
                        JobNews.changed(bus, changed);
                        queue.reprioritize(changed.queued())
                                .onFailure(e -> LOG.debug("The reconciler will do it: {}", e.toString()));
                    });
        });
    }

    static Optional<String> quotaProblem(AccountMessages.QuotaFound quota, AgentSpec agent, NewJob job) {
        var r = job.resources().times(job.scheduling().minReplicas());
        if (r.cpuMillis() > quota.cpuMillis()
                || r.memoryBytes() > quota.memoryBytes()
                || r.gpus() > quota.gpus()
                || r.storageBytes() > quota.storageBytes()) {
            return Optional.of("This job of agent " + agent.name() + " alone is over your quota: it asks for "
                    + Job.resourcesJson(r).encode() + ", you may use "
                    + Job.resourcesJson(new dev.stationmaster.jobs.runner.Resources(
                                    quota.cpuMillis(), quota.memoryBytes(), quota.gpus(), quota.storageBytes()))
                            .encode()
                    + ".");
        }
        return Optional.empty();
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
