package dev.stationmaster.jobs;

import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.jobs.queues.QueueRoutes;
import dev.stationmaster.jobs.queues.QueueService;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.jobs.schedules.ScheduleRoutes;
import dev.stationmaster.jobs.schedules.ScheduleService;
import dev.stationmaster.jobs.workers.WorkerRoutes;
import dev.stationmaster.jobs.workers.WorkerService;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.redis.RedisLink;
import dev.stationmaster.platform.security.JwtTokens;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiHandler;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wires jobs: the routes of each gateway, and this server's worker, of which there is one on one event loop. */
public final class JobsVerticle extends VerticleBase {
    /** What the verticle needs from outside. */
    public record Deps(
            JobsSettings settings,
            String worker,
            Database database,
            String redisUrl,
            Bus bus,
            Clock clock,
            JwtTokens jwt,
            MeterRegistry registry,
            List<Runner> runners,
            String publicUrl,
            long maxBodyBytes) {
        @Override
        public String toString() { // the URL holds a password
            return "Deps[worker=" + worker + "]";
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(JobsVerticle.class);

    private final Deps deps;
    private final JobsSettings settings;
    private final Bus bus;
    private final Clock clock;
    private final JobStores stores;
    private final RunnerCatalog catalog;
    private final BudgetGate budgets;
    private final JobMeters meters;
    private final RunningAttempts running = new RunningAttempts();
    private final List<RedisLink> gatewayLinks = new CopyOnWriteArrayList<>();
    private @Nullable JobWorker worker;
    private volatile @Nullable JobWriter writer;
    private @Nullable RedisLink runsLink;

    public JobsVerticle(Deps deps) {
        this.deps = deps;
        this.settings = deps.settings();
        this.bus = deps.bus();
        this.clock = deps.clock();
        stores = JobStores.of(deps.database(), clock);
        budgets = new BudgetGate(bus, clock);
        meters = new JobMeters(deps.registry());
        catalog = new RunnerCatalog(deps.runners(), stores.cluster(), settings.imageAgents());
    }

    /** Routes for one gateway instance; called, and later used, on its event loop. */
    public Future<Map<String, ApiHandler>> handlers(io.vertx.core.Vertx on) {
        return RedisLink.open(on, deps.redisUrl(), link -> {}, push -> {}).map(link -> {
            gatewayLinks.add(link);
            var queue = new JobQueue(link);
            var jobs = new JobService(stores.jobs(), stores.transitions(), queue, bus, meters);
            var reasons = new WaitReasons(queue, clock);
            var submit = submitService();
            var logs = new LogFollower(on, stores.jobs(), bus);
            var metrics = new MetricService(jobs, stores.records(), bus, clock, settings);
            var overview = new OverviewService(stores.jobs(), reasons, bus, clock);
            var preemption = new PreemptionService(on, jobs, stores.jobs(), stores.transitions(), bus, clock);
            var files = new JobFiles(on, settings);
            var remote = new RemoteParts(
                    on,
                    clock,
                    bus,
                    settings,
                    stores,
                    queue,
                    budgets,
                    new LaunchPreparer(on, bus, deps.jwt(), settings, deps.publicUrl()));
            var reports = new RemoteReports(remote);
            var polls = new RemotePolls(remote, reports);
            polls.start();
            var pauses = new PauseService(
                    jobs,
                    stores.jobs(),
                    new PauseStore(clock, settings.scheduling().preemptNotice()),
                    queue,
                    bus,
                    clock);
            Map<String, ApiHandler> all = new LinkedHashMap<>();
            all.putAll(new JobRoutes(
                            jobs,
                            submit,
                            stores.jobs(),
                            reasons,
                            metrics,
                            overview,
                            preemption,
                            new BulkService(jobs, submit, pauses, stores.jobs()),
                            catalog::json)
                    .handlers());
            all.putAll(new QueueRoutes(new QueueService(stores.queues(), bus, clock)).handlers());
            all.putAll(new ScheduleRoutes(new ScheduleService(stores.schedules(), clock)).handlers());
            all.putAll(new JobGraphRoutes(new JobGraphService(
                            submit,
                            jobs,
                            reasons,
                            stores.graphs(),
                            Objects.requireNonNull(writer, "not started"),
                            clock))
                    .handlers());
            all.putAll(new RemoteRoutes(polls, reports, new RemoteLog(remote)).handlers());
            all.putAll(workerRoutes().handlers());
            all.putAll(new PauseRoutes(pauses).handlers());
            all.putAll(new DeadLetterRoutes(new DeadLetterService(jobs, submit, stores.jobs(), stores.letters()))
                    .handlers());
            all.putAll(new JobFileRoutes(jobs, logs, files, stores).handlers());
            return all;
        });
    }

    private WorkerRoutes workerRoutes() {
        var service = new WorkerService(
                stores.workers(), clock, name -> stores.cluster().leave(name, List.of()), catalog::refresh);
        var view = new WorkerView(stores.remote(), clock);
        return new WorkerRoutes(service, view::json, settings.workerTerms(deps.maxBodyBytes()));
    }

    /** Before the gateways go, which takes their connections away. */
    public void closeGatewayLinks() {
        gatewayLinks.forEach(link -> link.close().onFailure(e -> LOG.warn("Closing: {}", e.toString())));
    }

    @Override
    public Future<?> start() {
        var started = new JobWorker(vertx, deps, stores, budgets, meters, running, catalog);
        worker = started;
        return started.start()
                .compose(done -> RedisLink.open(vertx, deps.redisUrl(), link -> {}, push -> {}))
                .onSuccess(this::answerOthers);
    }

    private void answerOthers(RedisLink link) {
        runsLink = link;
        var queue = new JobQueue(link);
        writer = new JobWriter(context, stores.inserts(), queue);
        new RunAnswers(
                        vertx,
                        submitService(),
                        new JobService(stores.jobs(), stores.transitions(), queue, bus, meters),
                        new RunStore(deps.database()),
                        new CheckpointFolders(settings.dataDir()),
                        bus)
                .register();
    }

    private SubmitService submitService() {
        return new SubmitService(
                settings,
                catalog::placement,
                new SubmitChecks(settings, budgets, stores.starts(), stores.queues(), bus),
                new PolicyGate(stores.jobs(), bus, clock),
                Objects.requireNonNull(writer, "not started"),
                bus,
                clock,
                meters);
    }

    @Override
    public Future<?> stop() {
        JobWorker w = worker;
        RedisLink link = runsLink;
        return (w == null ? Future.succeededFuture() : w.stop())
                .eventually(() -> link == null ? Future.succeededFuture() : link.close());
    }

    /** After the stop: how many ends of attempts PostgreSQL did not take. The next start takes these jobs up. */
    public int unwritten() {
        JobWorker w = worker;
        return w == null ? 0 : w.unwritten();
    }
}
