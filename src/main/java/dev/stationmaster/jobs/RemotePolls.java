package dev.stationmaster.jobs;

import dev.stationmaster.costs.CostMessages.BudgetCrossed;
import dev.stationmaster.jobs.JobTransitionStore.Change;
import dev.stationmaster.jobs.runner.Usage;
import dev.stationmaster.jobs.workers.RemoteWorker;
import dev.stationmaster.jobs.workers.WorkerState;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Polls of remote workers: each prolongs leases, says what runs, and waits for orders. Everything lasting is in
 * PostgreSQL, so each poll may go to another server. Bound to one event loop.
 */
final class RemotePolls {
    private static final Logger LOG = LoggerFactory.getLogger(RemotePolls.class);
    private static final long LOOK_MS = 1_000;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    private final RemoteParts parts;
    private final RemoteReports reports;
    private final Map<String, WaitingPoll> waiting = new HashMap<>();
    private boolean looking;

    RemotePolls(RemoteParts parts, RemoteReports reports) {
        this.parts = parts;
        this.reports = reports;
    }

    /** Begins to listen for what polls may wait for. */
    void start() {
        parts.vertx().setPeriodic(LOOK_MS, fired -> look());
        parts.bus().on(JobMessages.WorkerAssigned.class, m -> wake(m.worker()));
        parts.bus().on(JobMessages.CancelRequested.class, m -> wakeHolder(m.jobId()));
        parts.bus().on(JobMessages.PreemptRequested.class, m -> wakeHolder(m.jobId()));
        parts.bus().on(BudgetCrossed.class, m -> List.copyOf(waiting.keySet()).forEach(this::wake));
    }

    Future<JsonObject> poll(Caller caller, String name, JsonObject body) {
        var held = HeldLeases.of(body.getJsonArray("attempts"));
        WaitingPoll before = waiting.remove(name);
        if (before != null) {
            before.answer(new JsonArray());
        }
        UUID session = UUID.fromString(body.getString("session"));
        boolean accepts = body.getBoolean("accepts", true);
        return parts.workers()
                .polled(name, caller.userId(), session, body.getLong("number"), load(body))
                .compose(known ->
                        known.isPresent() ? Future.succeededFuture(known.get()) : unknown(caller, name, session))
                .compose(worker -> seen(worker, held, accepts)
                        .compose(done -> orders(worker, held, true))
                        .compose(orders -> orders.isEmpty()
                                ? park(worker, held, body.getDouble("wait_seconds"))
                                : Future.succeededFuture(WaitingPoll.reply(worker, orders))));
    }

    private @Nullable JsonObject load(JsonObject body) {
        JsonObject load = body.getJsonObject("load");
        String at = body.getString("at");
        if (load == null && at == null) {
            return null;
        }
        JsonObject shown = load == null ? new JsonObject() : load.copy();
        return at == null
                ? shown
                : shown.put(
                        "clock_offset_seconds",
                        Duration.between(parts.clock().utc(), OffsetDateTime.parse(at))
                                        .toMillis()
                                / 1000.0);
    }

    private Future<RemoteWorker> unknown(Caller caller, String name, UUID session) {
        return parts.workers().find(name).map(found -> {
            RemoteWorker worker = found.filter(w -> w.ownerId().equals(caller.userId()))
                    .orElseThrow(() -> ApiException.notFound("worker", name));
            throw worker.session().equals(session)
                    ? new ApiException(ErrorCode.INVALID_STATE, "A newer poll of this worker was here already.")
                    : new ApiException(
                            ErrorCode.CONFLICT,
                            "Another worker has taken the name " + name + "; give each its own with --name.");
        });
    }

    private Future<?> seen(RemoteWorker worker, HeldLeases held, boolean accepts) {
        var lease = parts.settings().lease();
        return Future.all(
                parts.stores().dispatch().heartbeat(worker.name(), held.leases(), lease),
                accepts && worker.state() == WorkerState.ACTIVE
                        ? parts.stores()
                                .cluster()
                                .announce(
                                        worker.name(),
                                        Map.of(
                                                RemoteWorker.RUNNER,
                                                new ClusterStore.Offered(worker.capacity(), GpuViews.of(worker))),
                                        worker.slots())
                        : parts.stores().cluster().leave(worker.name(), List.of()));
    }

    private Future<JsonObject> park(RemoteWorker worker, HeldLeases held, double seconds) {
        Duration part = parts.settings().lease().dividedBy(6);
        long most = Math.min(LONGEST_WAIT.toMillis(), part.toMillis());
        long millis = Math.min(most, (long) (seconds * 1000));
        if (millis < 1) {
            return Future.succeededFuture(WaitingPoll.reply(worker, new JsonArray()));
        }
        var poll = new WaitingPoll(worker, held);
        waiting.put(worker.name(), poll);
        parts.vertx().setTimer(millis, fired -> poll.answer(new JsonArray()));
        return poll.future().onComplete(done -> waiting.remove(worker.name(), poll));
    }

    private void wakeHolder(UUID jobId) {
        waiting.values().stream()
                .filter(poll -> poll.held().leases().containsKey(jobId))
                .map(poll -> poll.worker().name())
                .toList()
                .forEach(this::wake);
    }

    private void wake(String name) {
        WaitingPoll poll = waiting.get(name);
        if (poll != null) {
            orders(poll.worker(), poll.held(), false)
                    .onSuccess(orders -> {
                        if (!orders.isEmpty()) {
                            poll.answer(orders);
                        }
                    })
                    .onFailure(e -> LOG.debug("Orders for {}: {}", name, e.toString()));
        }
    }

    /** In case a message was lost, or came to another server. */
    private void look() {
        if (looking || waiting.isEmpty()) {
            return;
        }
        looking = true;
        parts.remote()
                .withNews(waiting.keySet())
                .onComplete(done -> looking = false)
                .onSuccess(names -> names.forEach(this::wake))
                .onFailure(e -> LOG.debug("Looking for orders: {}", e.toString()));
    }

    /** @param arrival whether what the worker holds is said just now: only then does silence about a job mean anything */
    private Future<JsonArray> orders(RemoteWorker worker, HeldLeases held, boolean arrival) {
        boolean draining = worker.state() == WorkerState.DRAINING;
        return parts.remote().ofWorker(worker.name()).compose(jobs -> {
            var orders = new ArrayList<Future<@Nullable JsonObject>>();
            for (Job job : jobs) {
                orders.add(
                        held.holds(job)
                                ? Future.succeededFuture(order(job, held, draining, arrival))
                                : notHeld(job, arrival));
            }
            held.without(jobs).forEach((id, lease) -> {
                if (!HeldLeases.FENCE.equals(held.ordered(id))) {
                    orders.add(Future.succeededFuture(order(HeldLeases.FENCE, id, lease)));
                }
            });
            return Future.join(orders).otherwiseEmpty().map(done -> {
                var all = new JsonArray();
                orders.stream().filter(o -> o.succeeded() && o.result() != null).forEach(o -> all.add(o.result()));
                return all;
            });
        });
    }

    private @Nullable JsonObject order(Job job, HeldLeases held, boolean draining, boolean arrival) {
        Usage usage = arrival ? held.usage(job) : null;
        if (usage != null) {
            reports.usage(job, usage);
        }
        String following = held.ordered(job.id());
        boolean stopping = HeldLeases.STOP.equals(following);
        if (stopping) {
            return null;
        }
        if (job.state() == JobState.CANCELLING) {
            return order(HeldLeases.STOP, job.id(), job.lease()).put("reason", "cancelled");
        }
        if (!job.simulated() && spent(job)) {
            return order(HeldLeases.STOP, job.id(), job.lease()).put("reason", "budget_exhausted");
        }
        if (draining) {
            return order(HeldLeases.STOP, job.id(), job.lease()).put("reason", "drained");
        }
        return job.state() == JobState.PREEMPTING && following == null
                ? order(HeldLeases.PREEMPT, job.id(), job.lease())
                : null;
    }

    private boolean spent(Job job) {
        return parts.budgets()
                .holds(
                        job.agentId(),
                        job.ownerId(),
                        job.scheduling().queue(),
                        job.resources().gpus())
                .filter(limit -> limit.stopsRunning())
                .isPresent();
    }

    private Future<@Nullable JsonObject> notHeld(Job job, boolean arrival) {
        return switch (job.state()) {
            case ADMITTED ->
                parts.stores()
                        .transitions()
                        .apply(Change.to(job.id(), job.lease(), JobState.STARTING, null, null))
                        .compose(moved -> moved.isPresent() ? launch(moved.get()) : Future.succeededFuture(null));
            // its order was on the way when the connection broke
            case STARTING -> arrival ? launch(job) : Future.succeededFuture(null);
            default -> {
                if (arrival) {
                    reports.forgotten(job);
                }
                yield Future.succeededFuture(null);
            }
        };
    }

    private Future<@Nullable JsonObject> launch(Job job) {
        return parts.preparer()
                .prepareRemote(job)
                .<@Nullable JsonObject>map(
                        launch -> order("launch", job.id(), job.lease()).put("launch", launch))
                .recover(e -> {
                    LOG.warn("Job {} can't be given to a worker: {}", job.id(), e.toString());
                    return reports.notPrepared(job, e).map(done -> null);
                });
    }

    private static JsonObject order(String what, UUID job, long lease) {
        return new JsonObject().put("order", what).put("job_id", job.toString()).put("lease", lease);
    }
}
