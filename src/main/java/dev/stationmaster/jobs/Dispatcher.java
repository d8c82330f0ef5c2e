package dev.stationmaster.jobs;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.accounts.AccountMessages.QuotaFound;
import dev.stationmaster.jobs.Admission.Decision;
import dev.stationmaster.jobs.Admission.Room;
import dev.stationmaster.jobs.queue.QueuedJob;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.platform.redis.RedisLink;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.sqlclient.SqlConnection;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes jobs from the index while the runners of this server have room, lets {@link Admission} decide, and claims what
 * may start. New jobs, ended attempts and changed limits wake it. Bound to the worker's event loop.
 */
final class Dispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);
    private static final int HEADS = 32;
    /** Between taking a job from the index and claiming its row; a server that dies in between loses nothing. */
    private static final Duration CLAIM_TIME = Duration.ofSeconds(20);

    private record Round(List<Job> admitted, Decision decision, List<Job> news) {}

    private final WorkerParts parts;
    private final Consumer<Job> start;
    private final int maxRunning;
    private boolean pumping;
    private boolean again;
    private boolean closed;
    /** How often something came free: quota, budget or room. */
    private long frees;

    private final Promise<Void> idle = Promise.promise();

    Dispatcher(WorkerParts parts, Consumer<Job> start) {
        this.parts = parts;
        this.start = start;
        this.maxRunning = parts.settings().maxRunning();
    }

    /** Looks for work. Calls while it looks are remembered as one. */
    void wake() {
        if (closed) {
            return;
        }
        if (pumping) {
            again = true;
            return;
        }
        pumping = true;
        again = false;
        pumpAll(List.copyOf(parts.runners().values()), 0).onComplete(done -> {
            pumping = false;
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

    /** Looks for work because something came free. Jobs that are being parked just now get another chance. */
    void freed() {
        frees++;
        wake();
    }

    /** Completes when nothing more can be started by it. */
    Future<Void> close() {
        closed = true;
        return pumping ? idle.future() : Future.succeededFuture();
    }

    private Future<Void> pumpAll(List<Runner> runners, int from) {
        return from == runners.size()
                ? Future.succeededFuture()
                : pump(runners.get(from)).compose(done -> pumpAll(runners, from + 1));
    }

    private Future<Void> pump(Runner runner) {
        int slots = maxRunning - parts.running().size();
        Resources free = runner.capacity().minus(parts.running().used(runner.name()));
        if (closed || slots <= 0 || free.cpuMillis() <= 0 || free.memoryBytes() <= 0) {
            return Future.succeededFuture();
        }
        int heads = Math.min(HEADS, slots);
        var room = new Room(runner.capacity(), free, slots);
        return parts.queue()
                .lease(runner.name(), heads, parts.clock().now().plus(CLAIM_TIME))
                .compose(ids -> ids.isEmpty() ? Future.succeededFuture() : round(runner, ids, room));
    }

    private Future<Void> round(Runner runner, List<UUID> ids, Room room) {
        long freesBefore = frees;
        return parts.dispatch()
                .exclusively(tx -> decide(tx, ids, room))
                .recover(error -> giveBack(ids).transform(done -> Future.failedFuture(error)))
                .compose(round -> {
                    round.admitted().forEach(this::started);
                    round.news().forEach(job -> JobNews.changed(parts.bus(), job));
                    return settle(ids, round)
                            .compose(done -> frees == freesBefore ? Future.succeededFuture() : unpark(round))
                            .compose(done ->
                                    round.decision().noRoom().isEmpty() ? pump(runner) : Future.succeededFuture());
                });
    }

    /** What could not be decided (PostgreSQL is away) waits in its old place, not until its lease in the index ends. */
    private Future<?> giveBack(List<UUID> ids) {
        return parts.queue()
                .giveBack(ids.stream().map(Dispatcher::unknown).toList())
                .otherwise(0);
    }

    /** What these jobs were parked for may have come free before they were parked, and nobody would look again. */
    private Future<Void> unpark(Round round) {
        var owners = new HashSet<UUID>();
        aside(round.decision()).forEach(job -> owners.add(job.ownerId()));
        return Future.all(owners.stream()
                        .map(owner -> parts.queue().unpark(owner, HEADS))
                        .toList())
                .mapEmpty();
    }

    private void started(Job job) {
        parts.meters().waited(Duration.between(job.queuedAt(), parts.clock().utc()));
        JobNews.changed(parts.bus(), job);
        start.accept(job);
    }

    private Future<Round> decide(SqlConnection tx, List<UUID> ids, Room room) {
        return parts.dispatch().candidates(tx, ids).compose(queued -> {
            // one whose lost attempt is still being ended here must not run beside it
            var ending = queued.stream()
                    .filter(job -> parts.running().get(job.id()) != null)
                    .toList();
            var candidates =
                    queued.stream().filter(job -> !ending.contains(job)).toList();
            Set<UUID> owners = Admission.owners(candidates);
            var used = parts.dispatch().usedBy(tx, owners);
            var quotas = quotas(owners);
            return Future.all(used, quotas).compose(both -> {
                Decision decision =
                        Admission.decide(candidates, room, used.result(), quotas.result(), this::overBudget);
                decision.noRoom().addAll(ending);
                return claim(tx, decision);
            });
        });
    }

    private boolean overBudget(Job job) {
        return !job.simulated() && parts.budgets().isExhausted(job.agentId(), job.ownerId());
    }

    private Future<Round> claim(SqlConnection tx, Decision decision) {
        var ids = decision.admit().stream().map(Job::id).toList();
        var claimed = parts.transitions()
                .claim(tx, ids, parts.worker(), parts.settings().lease());
        return claimed.compose(admitted -> waiting(
                        tx, decision.overQuota(), "waiting_for_quota", "Your running jobs use your quota up.")
                .compose(a -> waiting(
                                tx,
                                decision.overBudget(),
                                "budget_exhausted",
                                "The budget is spent; raise it to go on.")
                        .compose(b -> waiting(
                                        tx,
                                        decision.tooLarge(),
                                        "exceeds_runner_capacity",
                                        "It asks for more than the whole runner has now; cancel it or enlarge the runner.")
                                .compose(c -> waiting(
                                                tx,
                                                decision.noRoom(),
                                                "waiting_for_capacity",
                                                "The runner has no room at present.")
                                        .map(d -> new Round(admitted, decision, concat(List.of(a, b, c, d))))))));
    }

    private Future<List<Job>> waiting(SqlConnection tx, List<Job> jobs, String reason, String message) {
        return jobs.isEmpty()
                ? Future.succeededFuture(List.of())
                : parts.transitions().waiting(tx, jobs.stream().map(Job::id).toList(), reason, message);
    }

    private static List<Job> concat(List<List<Job>> lists) {
        return lists.stream().flatMap(List::stream).toList();
    }

    private static Stream<Job> aside(Decision decision) {
        return concat(List.of(decision.overQuota(), decision.overBudget(), decision.tooLarge())).stream();
    }

    /** For the index, which knows the rest. */
    private static QueuedJob unknown(UUID id) {
        return new QueuedJob(id, 1, 0, "", new UUID(0, 0));
    }

    /** The quota is asked for fresh each round: admission is where it counts. */
    private Future<Map<UUID, QuotaFound>> quotas(Set<UUID> owners) {
        Map<UUID, QuotaFound> found = new HashMap<>();
        var asked = owners.stream()
                .map(owner -> parts.bus()
                        .request(new AccountMessages.FindQuota(owner))
                        .onSuccess(quota -> found.put(owner, quota)))
                .toList();
        return Future.all(asked).map(found);
    }

    /** Brings the index in line: claimed jobs keep their lease, others go back, aside, or away. */
    private Future<Void> settle(List<UUID> ids, Round round) {
        var decision = round.decision();
        Set<UUID> seen = new HashSet<>();
        concat(List.of(decision.admit(), decision.noRoom())).forEach(job -> seen.add(job.id()));
        aside(decision).forEach(job -> seen.add(job.id()));
        var back = decision.noRoom().stream().map(JobService::queued).toList();
        var aside = aside(decision).map(JobService::queued).toList();
        var gone = ids.stream()
                .filter(id -> !seen.contains(id))
                .map(Dispatcher::unknown)
                .toList();
        return Future.all(
                        parts.queue().giveBack(back),
                        parts.queue().park(aside),
                        parts.queue().done(gone))
                .mapEmpty();
    }
}
