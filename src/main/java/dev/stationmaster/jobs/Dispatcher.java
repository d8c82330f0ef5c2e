package dev.stationmaster.jobs;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.accounts.AccountMessages.QuotaFound;
import dev.stationmaster.jobs.Admission.Decision;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.platform.redis.RedisLink;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.sqlclient.SqlConnection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
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
        return parts.queue()
                .lease(runner.name(), heads, parts.clock().now().plus(CLAIM_TIME))
                .compose(ids -> ids.isEmpty() ? Future.succeededFuture() : round(runner, ids, free, slots));
    }

    private Future<Void> round(Runner runner, List<UUID> ids, Resources free, int slots) {
        return parts.dispatch().exclusively(tx -> decide(tx, ids, free, slots)).compose(round -> {
            round.admitted().forEach(this::started);
            round.news().forEach(job -> JobNews.changed(parts.bus(), job));
            return settle(ids, round)
                    .compose(done -> round.decision().noRoom().isEmpty() ? pump(runner) : Future.succeededFuture());
        });
    }

    private void started(Job job) {
        parts.meters().waited(Duration.between(job.queuedAt(), parts.clock().utc()));
        JobNews.changed(parts.bus(), job);
        start.accept(job);
    }

    private Future<Round> decide(SqlConnection tx, List<UUID> ids, Resources free, int slots) {
        return parts.dispatch().candidates(tx, ids).compose(candidates -> {
            Set<UUID> owners = Admission.owners(candidates);
            var used = parts.dispatch().usedBy(tx, owners);
            var quotas = quotas(owners);
            return Future.all(used, quotas).compose(both -> {
                Decision decision =
                        Admission.decide(candidates, free, slots, used.result(), quotas.result(), this::overBudget);
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
                        .compose(b -> waiting(tx, decision.noRoom(), "waiting_for_capacity", "The runner is full.")
                                .map(c -> new Round(admitted, decision, concat(a, b, c))))));
    }

    private Future<List<Job>> waiting(SqlConnection tx, List<Job> jobs, String reason, String message) {
        return jobs.isEmpty()
                ? Future.succeededFuture(List.of())
                : parts.transitions().waiting(tx, jobs.stream().map(Job::id).toList(), reason, message);
    }

    private static List<Job> concat(List<Job> a, List<Job> b, List<Job> c) {
        return java.util.stream.Stream.of(a, b, c).flatMap(List::stream).toList();
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
        Set<UUID> seen = new java.util.HashSet<>();
        List.of(decision.admit(), decision.noRoom(), decision.overQuota(), decision.overBudget())
                .forEach(list -> list.forEach(job -> seen.add(job.id())));
        var back = decision.noRoom().stream().map(JobService::queued).toList();
        var aside = java.util.stream.Stream.concat(decision.overQuota().stream(), decision.overBudget().stream())
                .map(JobService::queued)
                .toList();
        var gone = ids.stream()
                .filter(id -> !seen.contains(id))
                .map(id -> new dev.stationmaster.jobs.queue.QueuedJob(id, 1, 0, "", new UUID(0, 0)))
                .toList();
        return Future.all(
                        parts.queue().giveBack(back),
                        parts.queue().park(aside),
                        parts.queue().done(gone))
                .mapEmpty();
    }
}
