package dev.stationmaster.jobs;

import dev.stationmaster.accounts.AccountMessages;
import dev.stationmaster.accounts.AccountMessages.OwnerLimits;
import dev.stationmaster.costs.CostMessages.Limit;
import dev.stationmaster.jobs.scheduler.Amounts;
import dev.stationmaster.jobs.scheduler.Decision.Block;
import dev.stationmaster.jobs.scheduler.Decision.Reason;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.jobs.scheduler.Node;
import dev.stationmaster.jobs.scheduler.OwnerSpec;
import dev.stationmaster.jobs.scheduler.RecentUse;
import dev.stationmaster.jobs.scheduler.Running;
import dev.stationmaster.jobs.scheduler.Snapshot;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Gathers what a decision depends on, within the dispatcher's transaction. Bound to the worker's event loop. */
final class SnapshotReader {
    /** A server that was not seen for so long counts for nothing. */
    static final Duration SEEN = Duration.ofSeconds(15);

    private final WorkerParts parts;
    private final ClusterStore cluster;
    private final QueueCatalog queues;
    private final RecentUse recent;

    SnapshotReader(WorkerParts parts, ClusterStore cluster, QueueCatalog queues, RecentUse recent) {
        this.parts = parts;
        this.cluster = cluster;
        this.queues = queues;
        this.recent = recent;
    }

    Future<Snapshot> read(SqlConnection tx, List<Lane> lanes) {
        Instant now = parts.clock().now();
        var running = cluster.running(tx, now);
        var nodes = cluster.nodes(tx, SEEN);
        var known = queues.refresh(tx);
        Set<UUID> owners = new HashSet<>();
        lanes.forEach(lane -> owners.add(lane.key().owner()));
        var limits = parts.bus().request(new AccountMessages.FindOwners(List.copyOf(owners)));
        return Future.all(running, nodes, limits, known).map(all -> {
            var s = parts.settings().scheduling();
            List<Node> free = free(nodes.result(), running.result());
            pass(now, running.result(), free);
            return new Snapshot(
                    now,
                    s.rules(),
                    free,
                    queues.specs(),
                    owners(limits.result().owners()),
                    lanes.stream().map(this::held).toList(),
                    running.result());
        });
    }

    /** A lane whose money is spent, and without the jobs whose lost attempt is still being ended on this server. */
    private Lane held(Lane lane) {
        Lane.Key key = lane.key();
        Optional<Limit> spent = Placement.SIMULATION.equals(key.runner())
                ? Optional.empty()
                : parts.budgets()
                        .holds(
                                key.agentId(),
                                key.owner(),
                                key.queue(),
                                key.resources().gpus());
        var heads = lane.heads().stream()
                .filter(head -> parts.running().get(head.id()) == null)
                .toList();
        return new Lane(
                key,
                heads,
                heads.isEmpty() ? 0 : lane.length(),
                spent.map(limit -> new Block(Reason.WAITING_FOR_BUDGET, BudgetGate.sentence(limit)))
                        .orElse(null));
    }

    private static List<Node> free(List<Node> nodes, List<Running> running) {
        Map<String, Long> jobsByWorker = new HashMap<>();
        for (Running job : running) {
            job.onWorker().forEach((worker, n) -> jobsByWorker.merge(worker, (long) n, Long::sum));
        }
        List<Node> free = new ArrayList<>(nodes.size());
        for (Node node : nodes) {
            Amounts left = node.capacity();
            for (Running job : running) {
                if (job.lane().runner().equals(node.runner()) && job.onWorker().containsKey(node.worker())) {
                    left = left.minus(job.heldOn(node.worker()));
                }
            }
            // less than nothing where a server was made smaller under its jobs: those who leave make no room at first
            long slots = node.capacity().jobs() - jobsByWorker.getOrDefault(node.worker(), 0L);
            free.add(new Node(
                    node.worker(),
                    node.runner(),
                    node.capacity(),
                    new Amounts(left.cpuMillis(), left.memoryBytes(), left.gpus(), left.storageBytes(), slots)));
        }
        return free;
    }

    private void pass(Instant now, List<Running> running, List<Node> nodes) {
        Amounts total = total(nodes);
        Map<UUID, Amounts> held = new HashMap<>();
        for (Running job : running) {
            held.merge(job.lane().owner(), job.held(), Amounts::plus);
        }
        Map<UUID, Double> shares = new HashMap<>();
        held.forEach((owner, amounts) -> shares.put(owner, amounts.dominantShare(total)));
        recent.pass(now, shares);
    }

    static Amounts total(List<Node> nodes) {
        return nodes.stream().map(Node::capacity).reduce(Amounts.NONE, Amounts::plus);
    }

    private Map<UUID, OwnerSpec> owners(List<OwnerLimits> limits) {
        Map<UUID, OwnerSpec> owners = new HashMap<>();
        for (OwnerLimits l : limits) {
            Map<String, Amounts> byQueue = new HashMap<>();
            l.queues()
                    .forEach(q -> byQueue.put(
                            q.queue(), amounts(q.cpuMillis(), q.memoryBytes(), q.gpus(), q.storageBytes(), q.jobs())));
            owners.put(
                    l.ownerId(),
                    new OwnerSpec(
                            l.ownerId(),
                            l.weight(),
                            amounts(l.cpuMillis(), l.memoryBytes(), l.gpus(), l.storageBytes(), l.jobs()),
                            byQueue,
                            recent.share(l.ownerId())));
        }
        return owners;
    }

    private static Amounts amounts(
            @org.jspecify.annotations.Nullable Long cpuMillis,
            @org.jspecify.annotations.Nullable Long memoryBytes,
            @org.jspecify.annotations.Nullable Long gpus,
            @org.jspecify.annotations.Nullable Long storageBytes,
            @org.jspecify.annotations.Nullable Long jobs) {
        return new Amounts(or(cpuMillis), or(memoryBytes), or(gpus), or(storageBytes), or(jobs));
    }

    private static long or(@org.jspecify.annotations.Nullable Long limit) {
        return limit == null ? Amounts.UNLIMITED : limit;
    }
}
