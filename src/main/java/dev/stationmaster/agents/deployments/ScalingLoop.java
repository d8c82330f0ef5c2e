package dev.stationmaster.agents.deployments;

import dev.stationmaster.agents.deployments.Autoscaler.Measured;
import dev.stationmaster.jobs.ServiceMessages.ServiceFacts;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The leader's regular look at all scaling policies. Keeps nothing in memory. Lives on one event loop. */
final class ScalingLoop {
    private static final Logger LOG = LoggerFactory.getLogger(ScalingLoop.class);

    private final ScalingStore store;
    private final DeploymentStore deployments;
    private final Services services;
    private final Measurements measurements;
    private final Bus bus;
    private final Clock clock;
    private final BooleanSupplier leads;
    private boolean busy;

    ScalingLoop(
            ScalingStore store,
            DeploymentStore deployments,
            Services services,
            Measurements measurements,
            Bus bus,
            Clock clock,
            BooleanSupplier leads) {
        this.store = store;
        this.deployments = deployments;
        this.services = services;
        this.measurements = measurements;
        this.bus = bus;
        this.clock = clock;
        this.leads = leads;
    }

    void look() {
        if (busy || !leads.getAsBoolean()) {
            return;
        }
        busy = true;
        store.enabled()
                .compose(policies -> {
                    Future<Void> done = Future.succeededFuture();
                    for (ScalingPolicy p : policies) {
                        done = done.compose(x -> one(p));
                    }
                    return done;
                })
                .onFailure(e -> LOG.warn("Scaling: {}", e.toString()))
                .onComplete(done -> busy = false);
    }

    /** One policy in trouble does not hold up the others. */
    private Future<Void> one(ScalingPolicy p) {
        return deployments
                .find(p.agentId())
                .compose(found -> found.isEmpty() || found.get().state() != DeploymentState.ACTIVE
                        ? Future.succeededFuture()
                        : scale(p, found.get()))
                .onFailure(e -> LOG.warn("Scaling agent {}: {}", p.agentId(), e.toString()))
                .transform(done -> Future.succeededFuture());
    }

    private Future<Void> scale(ScalingPolicy p, Deployment d) {
        var target = deployments.revision(d.agentId(), d.revision());
        var history = store.history(p.agentId());
        return Future.all(target, history, deployments.replicas(d.agentId())).compose(read -> {
            List<Replica> replicas = read.resultAt(2);
            return services.of(d.agentId(), replicas).compose(jobs -> measurements
                    .of(p, d, replicas, jobs, clock.utc())
                    .compose(
                            measured -> decide(p, d, target.result().orElseThrow(), measured, history.result(), jobs)));
        });
    }

    private Future<Void> decide(
            ScalingPolicy p,
            Deployment d,
            Revision target,
            Measured measured,
            List<Autoscaler.Recommendation> history,
            Map<UUID, ServiceFacts> jobs) {
        var now = clock.utc();
        ScalingDecision decision = Autoscaler.decide(p, d.replicas(), measured, history, now);
        Future<ScalingDecision> possible = decision.applied() <= d.replicas()
                ? Future.succeededFuture(decision)
                : measurements
                        .obstacle(d, target, jobs)
                        .map(obstacle -> obstacle == null ? decision : decision.held(obstacle));
        return possible.compose(chosen -> store.decided(p, chosen, d, now))
                .onSuccess(scaled ->
                        scaled.ifPresent(x -> bus.publish(new DeploymentMessages.DeploymentChanged(d.agentId()))))
                .mapEmpty();
    }
}
