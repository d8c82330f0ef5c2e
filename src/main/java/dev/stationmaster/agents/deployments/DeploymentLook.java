package dev.stationmaster.agents.deployments;

import dev.stationmaster.jobs.ServiceMessages.ServiceFacts;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One look at a deployment: reads rows and jobs, writes what {@link Reconcile} decides, then does what the rows ask for:
 * submits the jobs that are due and cancels those that are to end. Each of these may be repeated without harm, so that a
 * look that was cut short is made good by the next one. The leader's; one look at a time.
 */
final class DeploymentLook {
    private static final Logger LOG = LoggerFactory.getLogger(DeploymentLook.class);
    /** May pass by themselves or by somebody's doing; all other refusals count as failures of the replica. */
    private static final Set<ErrorCode> PASSING = EnumSet.of(
            ErrorCode.UNAVAILABLE,
            ErrorCode.TOO_MANY_REQUESTS,
            ErrorCode.INTERNAL,
            ErrorCode.BUDGET_EXHAUSTED,
            ErrorCode.QUEUE_DRAINS,
            ErrorCode.NO_MATCHING_RUNNER);

    private final DeploymentStore store;
    private final ReplicaStore replicas;
    private final Services services;
    private final DeploymentMeters meters;
    private final Bus bus;
    private final Clock clock;

    DeploymentLook(
            DeploymentStore store,
            ReplicaStore replicas,
            Services services,
            DeploymentMeters meters,
            Bus bus,
            Clock clock) {
        this.store = store;
        this.replicas = replicas;
        this.services = services;
        this.meters = meters;
        this.bus = bus;
        this.clock = clock;
    }

    Future<Void> at(Deployment d) {
        return store.revision(d.agentId(), d.revision())
                .map(found -> found.orElseThrow(() -> new IllegalStateException("no revision " + d.revision())))
                .compose(target -> {
                    var fallback = store.fallback(target);
                    var templates = store.templates(d.agentId());
                    var rows = store.replicas(d.agentId());
                    return Future.all(fallback, templates, rows).compose(read -> {
                        var specs = new HashMap<Integer, DeploymentSpec>();
                        templates.result().forEach(t -> specs.put(t.revision(), t.spec()));
                        return look(
                                new Situation(
                                        d, target, fallback.result().orElse(null), specs, rows.result(), clock.utc()),
                                templates.result());
                    });
                });
    }

    private Future<Void> look(Situation s, List<Revision> templates) {
        return services.of(s.deployment().agentId(), s.replicas()).compose(jobs -> {
            Changes changes = Reconcile.decide(s, jobs);
            if (changes.none()) {
                return act(s, templates, s.replicas(), jobs);
            }
            return write(s, changes).compose(written -> {
                if (!written) { // somebody changed it meanwhile: what was decided is out of date
                    return Future.succeededFuture();
                }
                var all = store.templates(s.deployment().agentId());
                return Future.all(all, store.replicas(s.deployment().agentId()))
                        .compose(read -> act(s, all.result(), read.<List<Replica>>resultAt(1), jobs));
            });
        });
    }

    private Future<Boolean> write(Situation s, Changes changes) {
        Deployment d = s.deployment();
        var before = new HashMap<UUID, Integer>();
        s.replicas().forEach(r -> before.put(r.id(), r.restarts()));
        long restarts = changes.changed().stream()
                .filter(r -> r.restarts() > before.getOrDefault(r.id(), r.restarts()))
                .count();
        return replicas.apply(d, changes, restarts, s.now(), entry(d, changes.next()))
                .onSuccess(written -> {
                    if (written) {
                        meters.restarted(d.agentId(), restarts);
                        bus.publish(new DeploymentMessages.DeploymentChanged(d.agentId()));
                    }
                });
    }

    private static @Nullable AuditEntry entry(Deployment d, @Nullable Revision next) {
        return next == null
                ? null
                : new AuditEntry(
                        Services.actor(d.agentId()),
                        "deployment.rollback",
                        "agent/" + d.agentId() + "/deployment",
                        d.brief().encode(),
                        d.brief().put("revision", next.revision()).encode(),
                        "deployment/" + d.agentId() + "/" + next.revision());
    }

    private Future<Void> act(Situation s, List<Revision> templates, List<Replica> now, Map<UUID, ServiceFacts> jobs) {
        var byNumber = new HashMap<Integer, Revision>();
        templates.forEach(t -> byNumber.put(t.revision(), t));
        Future<Void> done = Future.succeededFuture();
        for (UUID job : toEnd(now, jobs)) {
            done = done.compose(x -> cancel(s.deployment(), job));
        }
        for (Replica r : now) {
            Revision template = byNumber.get(r.template());
            boolean due = r.state().waits() && r.jobId() == null && !r.startAt().isAfter(clock.utc());
            if (due && template != null) {
                done = done.compose(x -> submit(s.deployment(), template, r));
            }
        }
        return done;
    }

    /** What is to be stopped, and what no replica knows of: its submission was the last thing an earlier leader did. */
    private static Set<UUID> toEnd(List<Replica> now, Map<UUID, ServiceFacts> jobs) {
        var ends = new HashSet<UUID>();
        jobs.forEach((id, job) -> {
            if (!job.finished() && !"cancelling".equals(job.state())) {
                ends.add(id);
            }
        });
        now.stream().filter(r -> !r.state().stops()).map(Replica::jobId).forEach(ends::remove);
        return ends;
    }

    private Future<Void> cancel(Deployment d, UUID job) {
        return services.cancel(d.agentId(), job)
                .onFailure(e -> LOG.warn("Job {} of deployment {} is not stopped: {}", job, d.agentId(), e.toString()))
                .transform(done -> Future.succeededFuture());
    }

    private Future<Void> submit(Deployment d, Revision template, Replica r) {
        return services.submit(d, template, r).transform(result -> {
            if (result.succeeded()) {
                UUID job = result.result();
                String kind =
                        r.incarnation() == 1 ? DeploymentEvent.REPLICA_STARTED : DeploymentEvent.REPLICA_RESTARTED;
                String text = r.incarnation() == 1 ? "Submitted." : "Submitted again, restart " + r.restarts() + ".";
                return replicas.submitted(
                                r, job, new DeploymentEvent(kind, r.template(), r.id(), job, text), clock.utc())
                        .compose(mine -> mine ? Future.succeededFuture() : cancel(d, job))
                        .onSuccess(done -> bus.publish(new DeploymentMessages.DeploymentChanged(d.agentId())));
            }
            Throwable error = result.cause();
            boolean passing = !(error instanceof ApiException refusal) || PASSING.contains(refusal.code());
            String why =
                    error instanceof ApiException ? String.valueOf(error.getMessage()) : "It can't be submitted now.";
            LOG.debug("A replica of {} waits: {}", d.agentId(), error.toString());
            return replicas.refused(ReplicaLife.refused(r, why, passing, clock.utc()))
                    .mapEmpty();
        });
    }
}
