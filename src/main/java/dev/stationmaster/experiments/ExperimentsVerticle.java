package dev.stationmaster.experiments;

import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.leader.LeaderStore;
import dev.stationmaster.platform.leader.Leadership;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiHandler;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Wires experiments. Its routes may be used on every event loop; the leader's loop lives on the verticle's. */
public final class ExperimentsVerticle extends VerticleBase {
    private static final Duration LEADER_TTL = Duration.ofSeconds(15);
    /** A database that does not answer must not hold up the stop: the lease ends by itself. */
    private static final Duration RELEASE = Duration.ofMillis(500);

    /** The newest so many begin a feed of all. */
    private static final int SNAPSHOT = 50;

    private final ExperimentsSettings settings;
    private final String server;
    private final Database database;
    private final Bus bus;
    private final Clock clock;
    private final ExperimentStore store;
    private final TrialStore trials;
    private final Standings standings;
    private @Nullable Leadership leadership;
    private @Nullable ExperimentController controller;

    /** @param server names this server, which lives only once, so that a restarted one takes the lead at once */
    public ExperimentsVerticle(ExperimentsSettings settings, String server, Database database, Bus bus, Clock clock) {
        this.settings = settings;
        this.server = server;
        this.database = database;
        this.bus = bus;
        this.clock = clock;
        var audit = new AuditTrail(clock);
        store = new ExperimentStore(database, audit);
        trials = new TrialStore(database, audit);
        standings = new Standings(trials);
    }

    public Map<String, ApiHandler> handlers() {
        var runs = new Runs(bus);
        var experiments = new ExperimentService(store, trials, bus, clock);
        Map<String, ApiHandler> all = new LinkedHashMap<>(new ExperimentRoutes(
                        experiments, standings, new ResultService(experiments, runs), new RunComparison(runs))
                .handlers());
        all.putAll(new BenchmarkRoutes(
                        new BenchmarkService(
                                new BenchmarkStore(database, new AuditTrail(clock)), store, experiments, clock),
                        standings)
                .handlers());
        return all;
    }

    @Override
    public Future<?> start() {
        var loop = new ExperimentController(
                vertx, store, new Advance(store, trials, new Runs(bus), bus, clock), settings.poll(), () -> leadership);
        controller = loop;
        bus.answer(ExperimentMessages.FindExperiments.class, q -> snapshot(
                        new ExperimentService(store, trials, bus, clock), q.experimentId())
                .map(json -> new ExperimentMessages.ExperimentsFound(json.encode())));
        bus.on(JobMessages.JobChanged.class, m -> loop.jobMoved(m.jobId()));
        bus.on(JobMessages.JobMetric.class, m -> loop.jobMoved(m.jobId()));
        bus.on(ExperimentMessages.ExperimentChanged.class, m -> loop.moved(m.experimentId()));
        var leader = new Leadership(
                vertx,
                clock,
                new LeaderStore(database),
                "experiments",
                server + "/" + UUID.randomUUID(),
                LEADER_TTL,
                loop::lookAtAll);
        leadership = leader;
        loop.start();
        return leader.start();
    }

    private Future<JsonObject> snapshot(ExperimentService experiments, @Nullable UUID id) {
        return id == null
                ? experiments.list(null, null, null, SNAPSHOT, null).compose(standings::page)
                : experiments.find(id).compose(e -> standings.of(e).map(standing -> new JsonObject()
                        .put("experiment", e.summary().mergeIn(standing))));
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
