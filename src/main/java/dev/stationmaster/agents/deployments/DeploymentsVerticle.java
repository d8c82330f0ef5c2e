package dev.stationmaster.agents.deployments;

import dev.stationmaster.jobs.JobMessages.JobChanged;
import dev.stationmaster.jobs.ServiceMessages.JobHealth;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.leader.LeaderStore;
import dev.stationmaster.platform.leader.Leadership;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiHandler;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Wires deployments. Its routes may be used on every event loop; the leader's loops live on the verticle's. */
public final class DeploymentsVerticle extends VerticleBase {
    private static final Duration LEADER_TTL = Duration.ofSeconds(15);
    /** A database that does not answer must not hold up the stop: the lease ends by itself. */
    private static final Duration RELEASE = Duration.ofMillis(500);

    private final DeploymentsSettings settings;
    private final String server;
    private final Database database;
    private final Bus bus;
    private final Clock clock;
    private final AuditTrail audit;
    private final DeploymentStore store;
    private final ScalingStore scaling;
    private final Services services;
    private final DeploymentView view;
    private final DeploymentMeters meters;
    private @Nullable Leadership leadership;
    private @Nullable DeploymentController controller;

    /** @param server names this server, which lives only once, so that a restarted one takes the lead at once */
    public DeploymentsVerticle(
            DeploymentsSettings settings,
            String server,
            Database database,
            Bus bus,
            Clock clock,
            MeterRegistry registry) {
        this.settings = settings;
        this.server = server;
        this.database = database;
        this.bus = bus;
        this.clock = clock;
        audit = new AuditTrail(clock);
        store = new DeploymentStore(database, audit);
        scaling = new ScalingStore(database, audit, store);
        services = new Services(bus);
        view = new DeploymentView(store, scaling, services, bus);
        meters = new DeploymentMeters(registry);
    }

    public Map<String, ApiHandler> handlers() {
        var agents = new DeploymentAgents(bus);
        Map<String, ApiHandler> all = new LinkedHashMap<>(
                new DeploymentRoutes(new DeploymentService(store, agents, bus, clock), view).handlers());
        all.putAll(new ScalingRoutes(new ScalingService(scaling, agents, clock)).handlers());
        return all;
    }

    @Override
    public Future<?> start() {
        var look = new DeploymentLook(store, new ReplicaStore(database, audit), services, meters, bus, clock);
        var loop = new DeploymentController(vertx, store, look, meters, settings.poll(), () -> leadership);
        controller = loop;
        bus.answer(DeploymentMessages.FindDeployment.class, q -> snapshot(q.agentId())
                .map(json -> new DeploymentMessages.DeploymentFound(json.encode())));
        bus.on(JobChanged.class, m -> loop.jobMoved(m.agentId()));
        bus.on(JobHealth.class, m -> loop.jobMoved(m.agentId()));
        bus.on(DeploymentMessages.DeploymentChanged.class, m -> loop.moved(m.agentId()));
        var policies =
                new ScalingLoop(scaling, store, services, new Measurements(services, bus), bus, clock, loop::leads);
        vertx.setPeriodic(settings.scaling().toMillis(), id -> policies.look());
        var leader = new Leadership(
                vertx,
                clock,
                new LeaderStore(database),
                "deployments",
                server + "/" + UUID.randomUUID(),
                LEADER_TTL,
                loop::lookAtAll);
        leadership = leader;
        loop.start();
        return leader.start();
    }

    private Future<JsonObject> snapshot(long agentId) {
        return store.find(agentId)
                .compose(found -> found.isEmpty()
                        ? Future.succeededFuture(new JsonObject().putNull("deployment"))
                        : view.of(found.get()).map(json -> new JsonObject().put("deployment", json)));
    }

    @Override
    public Future<?> stop() {
        if (controller != null) {
            controller.close();
        }
        Leadership l = leadership;
        return l == null
                ? Future.succeededFuture()
                : Future.any(l.close(), vertx.timer(RELEASE.toMillis(), TimeUnit.MILLISECONDS));
    }
}
