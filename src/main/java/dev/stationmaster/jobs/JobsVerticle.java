package dev.stationmaster.jobs;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.costs.CostMessages;
import dev.stationmaster.jobs.Attempt.StopReason;
import dev.stationmaster.jobs.Placement.RunnerInfo;
import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.db.Partitions;
import dev.stationmaster.platform.leader.LeaderStore;
import dev.stationmaster.platform.leader.Leadership;
import dev.stationmaster.platform.redis.RedisLink;
import dev.stationmaster.platform.security.JwtTokens;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiHandler;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wires jobs and is this server's worker: one instance, one event loop for all attempts that run here. */
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
            String publicUrl) {
        @Override
        public String toString() { // the URL holds a password
            return "Deps[worker=" + worker + "]";
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(JobsVerticle.class);
    private static final long CHARGE_MS = 5_000;
    private static final long DUE_MS = 250;
    private static final long BUDGET_REFRESH_MS = 2_000;
    private static final long WATCH_MS = 2_000;
    private static final long PARTITIONS_MS = 3_600_000;
    private static final Duration LEADER_TTL = Duration.ofSeconds(15);
    private static final Duration STOP = Duration.ofSeconds(10);
    private static final List<String> PARTITIONED = List.of("job_events", "job_metrics", "job_logs", "cost_ledger");

    private final Deps deps;
    private final JobsSettings settings;
    private final Bus bus;
    private final Clock clock;
    private final JobStore store;
    private final JobTransitionStore transitions;
    private final JobInsertStore inserts;
    private final RecordStore records;
    private final DispatchStore dispatch;
    private final Placement placement;
    private final BudgetGate budgets;
    private final JobMeters meters;
    private final RunningAttempts running = new RunningAttempts();
    private final Map<String, Runner> runners = new LinkedHashMap<>();
    private final List<RedisLink> gatewayLinks = new CopyOnWriteArrayList<>();
    private @Nullable Parts parts;
    /** Nothing starts before what an earlier server left is taken up: it would be taken for a part of that. */
    private boolean dispatching;

    /** What exists only while the verticle runs. */
    private record Parts(
            RedisLink redis,
            RedisLink wakeLink,
            AttemptSupervisor supervisor,
            Dispatcher dispatcher,
            LeaseKeeper leases,
            Recovery recovery,
            CostMeter costs,
            JobRecorder recorder,
            QueueWatch watch,
            Leadership leadership) {}

    public JobsVerticle(Deps deps) {
        this.deps = deps;
        this.settings = deps.settings();
        this.bus = deps.bus();
        this.clock = deps.clock();
        var audit = new AuditTrail(clock);
        store = new JobStore(deps.database(), audit);
        transitions = new JobTransitionStore(deps.database(), clock);
        inserts = new JobInsertStore(deps.database(), audit);
        records = new RecordStore(deps.database());
        dispatch = new DispatchStore(deps.database());
        budgets = new BudgetGate(bus);
        meters = new JobMeters(deps.registry());
        deps.runners().forEach(runner -> runners.put(runner.name(), runner));
        placement = new Placement(
                deps.runners().stream()
                        .map(r -> new RunnerInfo(r.name(), r.capacity(), Placement.SIMULATION.equals(r.name())))
                        .toList(),
                settings.imageAgents());
    }

    /** Routes for one gateway instance; called, and later used, on its event loop. */
    public Future<Map<String, ApiHandler>> handlers(io.vertx.core.Vertx on) {
        return RedisLink.open(on, deps.redisUrl(), link -> {}, push -> {}).map(link -> {
            gatewayLinks.add(link);
            var queue = new JobQueue(link);
            var jobs = new JobService(store, transitions, queue, bus, meters);
            var submit = new SubmitService(settings, placement, budgets, inserts, queue, bus, clock, meters);
            var logs = new LogFollower(on, store, bus);
            var metrics = new MetricService(jobs, records, bus, clock, settings);
            var overview = new OverviewService(store, bus, clock);
            var artifacts = new Artifacts(on, settings);
            Map<String, ApiHandler> all = new LinkedHashMap<>();
            all.putAll(new JobRoutes(jobs, submit, store, metrics, overview, this::runnersJson).handlers());
            all.putAll(new JobFileRoutes(jobs, logs, artifacts).handlers());
            return all;
        });
    }

    /** Before the gateways go, which takes their connections away. */
    public void closeGatewayLinks() {
        gatewayLinks.forEach(link -> later("Closing", link.close()));
    }

    private JsonObject runnersJson() {
        return RunnerList.json(deps.worker(), placement.runners(), running);
    }

    @Override
    public Future<?> start() {
        return new Partitions(deps.database(), clock, PARTITIONED, settings.retention())
                .maintain()
                .compose(done -> openRedis())
                .compose(done -> Future.all(
                        runners.values().stream().map(Runner::cleanUp).toList()))
                .compose(done -> budgets.refresh())
                .compose(done -> begun().recovery().own())
                .compose(done -> begun().leadership().start())
                .onSuccess(done -> run());
    }

    private Future<Void> openRedis() {
        return RedisLink.open(vertx, deps.redisUrl(), link -> indexIsBack(), push -> {})
                .compose(redis -> RedisLink.open(
                                vertx,
                                deps.redisUrl(),
                                link -> link.send(Request.cmd(Command.SUBSCRIBE).arg(JobQueue.WAKE_CHANNEL))
                                        .onFailure(e -> LOG.warn("Not told of new jobs: {}", e.toString())),
                                push -> wake())
                        .onSuccess(wakeLink -> build(redis, wakeLink)))
                .mapEmpty();
    }

    private void build(RedisLink redis, RedisLink wakeLink) {
        var queue = new JobQueue(redis);
        var recorder = new JobRecorder(vertx, clock, records, bus, settings);
        var worker = new WorkerParts(
                vertx,
                clock,
                bus,
                settings,
                deps.worker(),
                store,
                transitions,
                dispatch,
                records,
                recorder,
                queue,
                runners,
                running,
                budgets,
                meters);
        var costs = new CostMeter(clock, bus, records);
        var preparer = new LaunchPreparer(vertx, bus, deps.jwt(), settings, deps.publicUrl());
        var settle = new AttemptSettlement(queue, this::freed);
        var supervisor = new AttemptSupervisor(worker, costs, preparer, settle::ended);
        var recovery = new Recovery(worker, costs);
        parts = new Parts(
                redis,
                wakeLink,
                supervisor,
                new Dispatcher(worker, supervisor::start),
                new LeaseKeeper(worker, supervisor, () -> later("Reconciling", recovery.reconcile())),
                recovery,
                costs,
                recorder,
                new QueueWatch(store, bus, meters, running, runners),
                new Leadership(
                        vertx,
                        clock,
                        new LeaderStore(deps.database()),
                        "jobs",
                        deps.worker() + "/" + UUID.randomUUID(),
                        LEADER_TTL,
                        () -> later("Reconciling", recovery.reconcile())));
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
        every(CHARGE_MS, () -> later("Charging", p.costs().charge(running.all())));
        every(BUDGET_REFRESH_MS, () -> later("Reading budgets", budgets.refresh()));
        every(WATCH_MS, () -> later("Counting jobs", p.watch().look()));
        every(DUE_MS, this::dueWhenLeading);
        every(settings.reconcile().toMillis(), this::recoverWhenLeading);
        every(
                PARTITIONS_MS,
                () -> later(
                        "Partitions",
                        new Partitions(deps.database(), clock, PARTITIONED, settings.retention()).maintain()));
        p.leases().beat();
        dispatching = true;
        wake();
    }

    private void subscribe() {
        bus.on(JobMessages.CancelRequested.class, m -> {
            Attempt attempt = running.get(m.jobId());
            if (attempt != null && attempt.lease() == m.lease()) {
                begun().supervisor().stop(attempt, StopReason.CANCELLED);
            }
        });
        bus.on(CostMessages.BudgetCrossed.class, this::budgetCrossed);
        bus.on(AccountMessages.QuotaChanged.class, m -> later("Reading budgets", limitsChanged()));
        bus.on(AgentMessages.AgentChanged.class, m -> later("Reading budgets", limitsChanged()));
        bus.on(JobMessages.JobChanged.class, m -> begun().watch().changed());
        bus.answer(JobMessages.CountActiveJobs.class, q -> store.countActive(q.agentId(), q.ownerId())
                .map(JobMessages.ActiveJobs::new));
        bus.answer(JobMessages.FindJobAgent.class, q -> store.byId(q.jobId())
                .map(job -> new JobMessages.JobAgent(job.map(Job::agentId).orElse(null))));
        bus.answer(JobMessages.FindHeld.class, q -> dispatch.heldBy(q.ownerId())
                .map(r -> new JobMessages.Held(r.cpuMillis(), r.memoryBytes(), r.gpus(), r.storageBytes())));
        var overview = new OverviewService(store, bus, clock);
        bus.answer(JobMessages.FindSnapshot.class, q -> overview.snapshot(q.topic())
                .map(JobMessages.Snapshot::new));
    }

    private void budgetCrossed(CostMessages.BudgetCrossed crossed) {
        for (Attempt attempt : running.all()) {
            Job job = attempt.job;
            boolean hit = "agent".equals(crossed.scope())
                    ? Long.toString(job.agentId()).equals(crossed.id())
                    : job.ownerId().toString().equals(crossed.id());
            if (!hit || job.simulated()) {
                continue;
            }
            if (crossed.percent() >= 100) {
                begun().supervisor().stop(attempt, StopReason.BUDGET_EXHAUSTED);
            } else {
                String text = job.name() + ": " + crossed.percent() + " % of the budget of this " + crossed.scope()
                        + " is spent.";
                later("Event", store.addEvent(job.id(), clock.utc(), "budget_warning", null, text));
                JobNews.event(bus, job, clock.utc(), "budget.warning", text);
            }
        }
        if (crossed.percent() >= 100) {
            budgets.close(crossed.scope(), crossed.id());
        }
    }

    /** A budget or quota may be larger now: what waits for it gets another chance. */
    private Future<Void> limitsChanged() {
        return budgets.refresh().compose(done -> begun().recovery().unparkAll()).onSuccess(done -> freed());
    }

    private void freed() {
        Parts p = parts;
        if (p != null && dispatching) {
            p.dispatcher().freed();
        }
    }

    private void indexIsBack() {
        if (parts != null) {
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
    @Override
    public Future<?> stop() {
        Parts p = parts;
        if (p == null) {
            return Future.succeededFuture();
        }
        return p.dispatcher()
                .close()
                .compose(idle -> {
                    running.all().forEach(attempt -> p.supervisor().stop(attempt, StopReason.SERVER_SHUTDOWN));
                    return Future.join(runners.values().stream()
                            .map(r -> r.close(settings.grace()))
                            .toList());
                })
                .transform(done -> emptied(clock.nanos() + STOP.toNanos()))
                .transform(done -> p.leadership().close())
                .transform(done -> Future.join(p.redis().close(), p.wakeLink().close()));
    }

    /** Until the last attempt is written down. What PostgreSQL does not take in time, the next start finds. */
    private Future<Void> emptied(long deadline) {
        if (running.size() == 0) {
            return Future.succeededFuture();
        }
        if (clock.nanos() - deadline > 0) {
            running.all().forEach(attempt -> attempt.fenced = true);
            LOG.warn("{} jobs could not be written down; the next start takes them up", running.size());
            return Future.succeededFuture();
        }
        return vertx.timer(20).compose(fired -> emptied(deadline));
    }
}
