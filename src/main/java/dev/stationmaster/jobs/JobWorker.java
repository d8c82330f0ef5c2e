package dev.stationmaster.jobs;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.costs.CostMessages;
import dev.stationmaster.jobs.JobsVerticle.Deps;
import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.jobs.runner.GangRunner;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.jobs.scheduler.RecentUse;
import dev.stationmaster.jobs.schedules.ScheduleRunner;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.Partitions;
import dev.stationmaster.platform.leader.LeaderStore;
import dev.stationmaster.platform.leader.Leadership;
import dev.stationmaster.platform.redis.RedisLink;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This server's worker: dispatches if it leads, runs what it is given, keeps leases, and brings lost things back. Owns the
 * timers and the connections to Redis of one event loop, to which it is bound.
 */
final class JobWorker {
    private static final Logger LOG = LoggerFactory.getLogger(JobWorker.class);
    private static final long DUE_MS = 250;
    private static final long BUDGET_REFRESH_MS = 2_000;
    private static final long WATCH_MS = 2_000;
    private static final long DECIDE_MS = 1_000;
    private static final long LOOK_MS = 2_000;
    private static final long USE_MS = 30_000;
    private static final long FORECAST_MS = 5_000;
    private static final long PARTITIONS_MS = 3_600_000;
    private static final int MOST_REMOTE = 5_000;
    private static final long CLOSE_MS = 2_000;
    private static final Duration LEADER_TTL = Duration.ofSeconds(10);
    private static final List<String> PARTITIONED = List.of("job_events", "job_metrics", "job_logs", "cost_ledger");

    private final Vertx vertx;
    private final Deps deps;
    private final JobsSettings settings;
    private final Bus bus;
    private final Clock clock;
    private final JobStores stores;
    private final BudgetGate budgets;
    private final JobMeters meters;
    private final RunningAttempts running;
    private final RunnerCatalog catalog;
    private final Map<String, Runner> runners = new LinkedHashMap<>();
    private final ScheduleRunner schedules;
    private @Nullable Parts parts;
    /** Nothing starts before what an earlier server left is taken up: it would be taken for a part of that. */
    private boolean dispatching;

    /** What exists only while the verticle runs. */
    private record Parts(
            WorkerParts worker,
            RedisLink redis,
            RedisLink wakeLink,
            AttemptSupervisor supervisor,
            Dispatcher dispatcher,
            Assignments assignments,
            RecentUse recent,
            LeaseKeeper leases,
            Recovery recovery,
            Adoption adoption,
            AttemptsAtStop atStop,
            Relocation relocation,
            CostMeter costs,
            JobRecorder recorder,
            QueueWatch watch,
            StartForecast forecast,
            Leadership leadership) {}

    JobWorker(
            Vertx vertx,
            Deps deps,
            JobStores stores,
            BudgetGate budgets,
            JobMeters meters,
            RunningAttempts running,
            RunnerCatalog catalog) {
        this.vertx = vertx;
        this.deps = deps;
        this.settings = deps.settings();
        this.bus = deps.bus();
        this.clock = deps.clock();
        this.stores = stores;
        this.budgets = budgets;
        this.meters = meters;
        this.running = running;
        this.catalog = catalog;
        this.schedules = new ScheduleRunner(stores.schedules(), bus, clock);
        deps.runners().forEach(runner -> runners.put(runner.name(), new GangRunner(vertx, runner)));
    }

    Future<?> start() {
        return new Partitions(deps.database(), clock, PARTITIONED, settings.retention())
                .maintain()
                .compose(done -> openRedis())
                .compose(done -> begun().adoption().own())
                .compose(done -> Future.all(
                        runners.values().stream().map(Runner::cleanUp).toList()))
                .compose(done -> Future.all(budgets.refresh(), catalog.refresh()))
                .compose(done -> begun().recovery().own())
                .compose(done -> begun().leadership().start())
                .onSuccess(done -> run());
    }

    private Future<Void> openRedis() {
        return RedisLink.open(vertx, deps.redisUrl(), link -> indexIsBack(), push -> {})
                .compose(redis -> RedisLink.open(
                                vertx,
                                deps.redisUrl(),
                                link -> link.send(Request.cmd(Command.SUBSCRIBE)
                                                .arg(JobQueue.WAKE_CHANNEL)
                                                .arg(JobQueue.ASSIGNED_CHANNEL))
                                        .onFailure(e -> LOG.warn("Not told of new jobs: {}", e.toString())),
                                this::told)
                        .onSuccess(wakeLink -> build(redis, wakeLink)))
                .mapEmpty();
    }

    private void build(RedisLink redis, RedisLink wakeLink) {
        var queue = new JobQueue(redis);
        var recorder = new JobRecorder(vertx, clock, stores.records(), bus, settings);
        var worker = new WorkerParts(
                vertx,
                clock,
                bus,
                settings,
                deps.worker(),
                stores.jobs(),
                stores.transitions(),
                stores.dispatch(),
                stores.records(),
                recorder,
                queue,
                runners,
                running,
                budgets,
                meters);
        var costs = new CostMeter(clock, bus, stores.records(), settings.charge());
        var preparer = new LaunchPreparer(vertx, bus, deps.jwt(), settings, deps.publicUrl());
        var settle = new AttemptSettlement(queue, this::attemptOver);
        var services = new ServiceWatch(vertx, clock, bus, stores.services());
        var supervisor = new AttemptSupervisor(worker, services, costs, preparer, settle::ended);
        var adoption = new Adoption(worker, supervisor, preparer);
        var recovery = new Recovery(worker, stores.starts(), stores.cluster(), costs, adoption);
        var queues = new QueueCatalog(stores.queues(), clock);
        var scheduling = settings.scheduling();
        var recent = new RecentUse(scheduling.useHalfLife(), scheduling.entryCharge(), clock.now());
        var reader = new SnapshotReader(worker, stores.cluster(), queues, recent);
        var forecast = new StartForecast(worker, reader, new RunTimesStore(deps.database()));
        bus.answer(JobMessages.PlanJob.class, new Planner(worker, reader, forecast)::plan);
        var leadership = new Leadership(
                vertx,
                clock,
                new LeaderStore(deps.database()),
                "jobs",
                deps.worker() + "/" + UUID.randomUUID(),
                LEADER_TTL,
                () -> later("Taking the lead", takeLead()));
        parts = new Parts(
                worker,
                redis,
                wakeLink,
                supervisor,
                new Dispatcher(worker, reader, queues, recent, forecast, leadership::isLeader, supervisor::start),
                new Assignments(worker, stores.cluster(), supervisor::start),
                recent,
                new LeaseKeeper(worker, supervisor, () -> later("Reconciling", recovery.reconcile())),
                recovery,
                adoption,
                new AttemptsAtStop(worker, supervisor),
                new Relocation(stores.cluster(), catalog, queue, bus, clock),
                costs,
                recorder,
                new QueueWatch(stores.jobs(), bus, meters, running, runners),
                forecast,
                leadership);
    }

    /** What the last leader knew, and what it may have left undone. */
    private Future<Void> takeLead() {
        Parts p = begun();
        return stores.cluster()
                .recentUse()
                .onSuccess(use -> use.forEach(p.recent()::restore))
                .compose(done -> p.recovery().reconcile())
                .onComplete(done -> freed());
    }

    /** A message of Redis: of new jobs, or of jobs that some server was given. */
    private void told(Response push) {
        if (push.size() < 3 || JobQueue.WAKE_CHANNEL.equals(push.get(1).toString())) {
            wake();
        } else if (deps.worker().equals(push.get(2).toString()) && dispatching) {
            later("Assigned jobs", begun().assignments().look());
            begun().leases().beat(); // or a job of this server is to make room
        } else {
            bus.publish(new JobMessages.WorkerAssigned(push.get(2).toString()));
        }
    }

    private Parts begun() {
        Parts p = parts;
        if (p == null) {
            throw new IllegalStateException("not started");
        }
        return p;
    }

    private void run() {
        subscribe();
        Parts p = begun();
        every(settings.lease().toMillis() / 3, () -> p.leases().beat());
        every(settings.charge().toMillis(), () -> later("Charging", p.costs().charge(running.all())));
        every(settings.charge().toMillis(), () -> whenLeading("Charging remote jobs", this::chargeRemote));
        every(BUDGET_REFRESH_MS, () -> later("Reading budgets", budgets.refresh()));
        every(WATCH_MS, () -> later("Counting jobs", p.watch().look()));
        every(DUE_MS, this::dueWhenLeading);
        every(DECIDE_MS, this::freed);
        every(DECIDE_MS, () -> whenLeading("Blocked jobs", p.recovery()::sweep));
        every(DECIDE_MS, () -> whenLeading("Schedules", schedules::tick));
        every(LOOK_MS, this::lookAround);
        every(LOOK_MS, () -> whenLeading("Jobs without a runner", p.relocation()::look));
        every(
                USE_MS,
                () -> whenLeading("Saving shares", () -> stores.cluster()
                        .saveUse(p.recent().shares(), clock.utc())));
        every(FORECAST_MS, () -> whenLeading("Forecast", p.forecast()::look));
        every(settings.reconcile().toMillis(), this::recoverWhenLeading);
        every(
                PARTITIONS_MS,
                () -> later(
                        "Partitions",
                        new Partitions(deps.database(), clock, PARTITIONED, settings.retention()).maintain()));
        p.leases().beat();
        dispatching = true;
        later("Announcing", p.assignments().announce().onComplete(done -> freed()));
    }

    private Future<Void> chargeRemote() {
        return stores.remote().uncharged(settings.lease(), MOST_REMOTE).compose(uses -> begun().costs()
                .chargeRemote(uses, settings.lease()));
    }

    private void lookAround() {
        Parts p = begun();
        later("Announcing", p.assignments().announce());
        later("Assigned jobs", p.assignments().look());
        later("Reading runners", catalog.refresh());
    }

    private void whenLeading(String what, Supplier<Future<?>> work) {
        if (begun().leadership().isLeader()) {
            later(what, work.get());
        }
    }

    private void subscribe() {
        new AttemptOrders(begun().worker(), begun().supervisor()).subscribe();
        bus.on(AccountMessages.QuotaChanged.class, m -> later("Reading budgets", limitsChanged()));
        bus.on(AgentMessages.AgentChanged.class, m -> later("Reading budgets", limitsChanged()));
        bus.on(CostMessages.BudgetsChanged.class, m -> later("Reading budgets", limitsChanged()));
        bus.on(JobMessages.JobChanged.class, m -> begun().watch().changed());
        bus.on(JobMessages.QueueConfigChanged.class, m -> freed());
        bus.on(JobMessages.RoomFreed.class, m -> attemptOver());
        JobAnswers.register(
                bus,
                stores,
                new OverviewService(
                        stores.jobs(), new WaitReasons(begun().worker().queue(), clock), bus, clock));
    }

    /** A budget or quota may be larger now: what waits for it gets another chance. */
    private Future<Void> limitsChanged() {
        return budgets.refresh().onSuccess(done -> freed());
    }

    /** Something came free here; the leader may sit elsewhere. */
    private void freed() {
        Parts p = parts;
        if (p != null && dispatching) {
            p.dispatcher().freed();
        }
    }

    private void attemptOver() {
        freed();
        Parts p = parts;
        if (p != null && !p.leadership().isLeader()) {
            p.worker().queue().tell(JobQueue.WAKE_CHANNEL, "freed").onFailure(e -> LOG.debug("Wake: {}", e.toString()));
        }
    }

    private void indexIsBack() {
        if (parts != null) {
            begun().dispatcher().forgetExplanations();
            later("Reconciling", begun().recovery().reconcile());
            wake();
        }
    }

    private void dueWhenLeading() {
        if (begun().leadership().isLeader()) {
            begun().recovery().due().onFailure(e -> LOG.debug("Retries: {}", e.toString()));
        }
    }

    private void recoverWhenLeading() {
        Parts p = begun();
        if (p.leadership().isLeader()) {
            if (p.leases().inContactFor(settings.lease())) {
                later("Stalled jobs", p.recovery().stalled());
            }
            later("Reconciling", p.recovery().reconcile());
            later("Counting dead letters", stores.letters().count().onComplete(n -> meters.deadLetters(n.result())));
        } else {
            meters.deadLetters(null);
        }
        wake();
    }

    private void wake() {
        Parts p = parts;
        if (p != null && dispatching) {
            p.dispatcher().wake();
        }
    }

    private void every(long millis, Runnable work) {
        vertx.setPeriodic(Math.max(1, millis), id -> work.run());
    }

    private static void later(String what, Future<?> work) {
        work.onFailure(e -> {
            if (!(e instanceof RedisLink.RedisDownException)) {
                LOG.warn("{}: {}", what, e.toString());
            }
        });
    }

    /** Running attempts end with their grace period and go back to the queue; they resume from their checkpoints. */
    Future<?> stop() {
        Parts p = parts;
        if (p == null) {
            return Future.succeededFuture();
        }
        long began = clock.nanos();
        return within(settings.stop().toMillis(), p.dispatcher().close())
                .compose(idle -> {
                    p.dispatcher().abandon();
                    left(p);
                    // waited for the dispatcher in vain: PostgreSQL is silent and gets no second helping of patience
                    return p.atStop().end(clock.nanos() - began);
                })
                .transform(done -> within(CLOSE_MS, p.leadership().close()))
                .transform(done -> within(
                        CLOSE_MS, Future.join(p.redis().close(), p.wakeLink().close())));
    }

    private static void left(Parts p) {
        later("Leaving", p.assignments().leave());
    }

    /** A store that is silent answers nothing, not even with an error: who stops must not wait for it. */
    private Future<Void> within(long millis, Future<?> work) {
        return Future.any(work.otherwiseEmpty(), vertx.timer(millis)).mapEmpty();
    }

    /** After the stop: how many ends of attempts PostgreSQL did not take. The next start takes these jobs up. */
    int unwritten() {
        Parts p = parts;
        return p == null ? 0 : p.atStop().unwritten();
    }
}
