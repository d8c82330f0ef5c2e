package dev.stationmaster.jobs;

import dev.stationmaster.jobs.scheduler.Amounts;
import dev.stationmaster.jobs.scheduler.Decision;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.jobs.scheduler.RecentUse;
import dev.stationmaster.jobs.scheduler.Scheduler;
import dev.stationmaster.jobs.scheduler.Snapshot;
import dev.stationmaster.platform.redis.RedisLink;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.sqlclient.SqlConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides for all servers which jobs start and which make room, as long as this server is the leader: reads the first job
 * of each lane from the index and the rest from PostgreSQL, lets the {@link Scheduler} decide, and writes the decision
 * before anything of it happens. New jobs, ended attempts and changed limits wake it. Bound to the worker's event loop.
 */
final class Dispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);
    private static final int HEADS = 16;
    /** Of lanes whose reason changed, so many first jobs are told to those who watch. */
    private static final int TOLD = 200;

    private record Round(Snapshot snapshot, Decision decision, List<Job> admitted, List<Job> preempting) {}

    private final WorkerParts parts;
    private final SnapshotReader reader;
    private final QueueCatalog queues;
    private final RecentUse recent;
    private final StartForecast forecast;
    private final BooleanSupplier leads;
    private final Consumer<Job> start;
    private Map<Lane.Key, Decision.Block> explained = Map.of();
    /** The first job of each lane when nothing could start, and whether anything but the lanes changed since. */
    private Map<Lane.Key, UUID> stuck = Map.of();

    private boolean changed = true;
    private boolean deciding;
    private boolean again;
    private boolean closed;
    private boolean abandoned;
    private final Promise<Void> idle = Promise.promise();

    /** @param start begins a job of this server at once; other servers are told over Redis */
    Dispatcher(
            WorkerParts parts,
            SnapshotReader reader,
            QueueCatalog queues,
            RecentUse recent,
            StartForecast forecast,
            BooleanSupplier leads,
            Consumer<Job> start) {
        this.parts = parts;
        this.reader = reader;
        this.queues = queues;
        this.recent = recent;
        this.forecast = forecast;
        this.leads = leads;
        this.start = start;
    }

    /** Decides because something came free or time passed, not only because new jobs wait. */
    void freed() {
        changed = true;
        wake();
    }

    /** Decides. Calls while it does are remembered as one. */
    void wake() {
        if (closed || !leads.getAsBoolean()) {
            return;
        }
        if (deciding) {
            again = true;
            return;
        }
        deciding = true;
        again = false;
        parts.queue().heads(HEADS).compose(this::round).onComplete(done -> {
            deciding = false;
            if (closed) {
                idle.tryComplete();
                return;
            }
            if (done.failed() && !(done.cause() instanceof RedisLink.RedisDownException)) {
                LOG.warn("Dispatching stopped for now: {}", done.cause().toString());
            }
            if (again) {
                wake();
            }
        });
    }

    /** What was said last is gone with the index. */
    void forgetExplanations() {
        explained = Map.of();
    }

    /** Completes when nothing more can be started by it. */
    Future<Void> close() {
        closed = true;
        return deciding ? idle.future() : Future.succeededFuture();
    }

    /** Nobody waits any longer for what is under way: nothing may come of it. */
    void abandon() {
        abandoned = true;
    }

    private Future<Void> round(List<Lane> lanes) {
        if (lanes.isEmpty()) {
            return explain(List.of(), Map.of());
        }
        Map<Lane.Key, UUID> first = new HashMap<>();
        lanes.forEach(lane -> first.put(lane.key(), lane.heads().get(0).id()));
        if (!changed && first.equals(stuck)) {
            return Future.succeededFuture(); // more of what can't start anyway
        }
        changed = false;
        stuck = Map.of();
        return parts.dispatch().exclusively(tx -> decide(tx, lanes)).compose(round -> {
            round.admitted().forEach(this::admitted);
            round.preempting().forEach(this::preempting);
            again |= round.decision().more() && !round.admitted().isEmpty();
            if (round.decision().starts().isEmpty()) {
                stuck = first;
            }
            return settle(round).compose(done -> explain(lanes, round.decision().blocked()));
        });
    }

    private Future<Round> decide(SqlConnection tx, List<Lane> lanes) {
        return reader.read(tx, lanes).compose(snapshot -> {
            Decision decision = Scheduler.decide(snapshot);
            return claim(tx, decision).compose(admitted -> preempt(tx, decision)
                    .map(preempting -> new Round(snapshot, decision, admitted, preempting)));
        });
    }

    private Future<List<Job>> claim(SqlConnection tx, Decision decision) {
        return decision.starts().isEmpty()
                ? Future.succeededFuture(List.of())
                : parts.transitions()
                        .claim(tx, decision.starts(), parts.settings().lease());
    }

    private Future<List<Job>> preempt(SqlConnection tx, Decision decision) {
        return decision.preemptions().isEmpty()
                ? Future.succeededFuture(List.of())
                : parts.transitions()
                        .preempt(
                                tx,
                                decision.preemptions(),
                                parts.settings().scheduling().preemptNotice());
    }

    private void admitted(Job job) {
        if (abandoned) { // the claim was answered too late; the next start finds the row
            return;
        }
        parts.meters().waited(Duration.between(job.queuedAt(), parts.clock().utc()));
        forecast.started(job.id(), parts.clock().now());
        queues.started(job.scheduling().queue());
        JobNews.changed(parts.bus(), job);
        if (parts.worker().equals(job.worker())) {
            start.accept(job);
        }
    }

    private void preempting(Job job) {
        JobNews.moved(parts.bus(), job, parts.clock().utc());
        parts.bus().publish(new JobMessages.PreemptRequested(job.id(), job.lease()));
    }

    /** Brings the index in line: claimed jobs are leased; what is not queued any more is forgotten. */
    private Future<Void> settle(Round round) {
        Amounts total = SnapshotReader.total(round.snapshot().nodes());
        Set<UUID> claimed = new HashSet<>();
        Set<String> others = new HashSet<>();
        round.preempting().forEach(job -> others.add(String.valueOf(job.worker())));
        others.remove(parts.worker());
        for (Job job : round.admitted()) {
            claimed.add(job.id());
            recent.charge(job.ownerId(), Amounts.of(job.held(), 1).dominantShare(total));
            if (job.worker() != null && !job.worker().equals(parts.worker())) {
                others.add(job.worker());
            }
        }
        var gone = round.decision().starts().stream()
                .map(Decision.Start::id)
                .filter(id -> !claimed.contains(id))
                .toList();
        return Future.all(
                        parts.queue()
                                .take(
                                        claimed,
                                        parts.clock()
                                                .now()
                                                .plus(parts.settings().lease())),
                        parts.queue().done(gone),
                        Future.all(others.stream()
                                .map(worker -> parts.queue()
                                        .tell(dev.stationmaster.jobs.queue.JobQueue.ASSIGNED_CHANNEL, worker))
                                .toList()))
                .mapEmpty();
    }

    /** Says why lanes wait, where that is news. */
    private Future<Void> explain(List<Lane> lanes, Map<Lane.Key, Decision.Block> blocked) {
        if (blocked.equals(explained)) {
            return Future.succeededFuture();
        }
        var told = new ArrayList<UUID>();
        for (Lane lane : lanes) {
            Decision.Block block = blocked.get(lane.key());
            if (block != null && !block.equals(explained.get(lane.key())) && told.size() < TOLD) {
                lane.heads().forEach(head -> told.add(head.id()));
            }
        }
        return parts.queue().explain(blocked).compose(done -> {
            explained = blocked;
            return tell(told, blocked);
        });
    }

    private Future<Void> tell(List<UUID> ids, Map<Lane.Key, Decision.Block> blocked) {
        return ids.isEmpty()
                ? Future.succeededFuture()
                : parts.dispatch().byIds(ids).map(jobs -> {
                    for (Job job : jobs) {
                        Decision.Block block = blocked.get(job.lane());
                        if (job.state() == JobState.QUEUED && block != null) {
                            JobNews.changed(
                                    parts.bus(), job.waitingFor(block.reason().wireName(), block.message()));
                        }
                    }
                    return null;
                });
    }
}
