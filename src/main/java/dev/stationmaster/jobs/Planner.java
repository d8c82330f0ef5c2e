package dev.stationmaster.jobs;

import dev.stationmaster.jobs.scheduler.Decision;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.jobs.scheduler.Scheduler;
import dev.stationmaster.jobs.scheduler.Snapshot;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Says what would happen to a job if it were submitted now, by the decision itself. Bound to the worker's event loop. */
final class Planner {
    private static final int HEADS = 16;

    private final WorkerParts parts;
    private final SnapshotReader reader;

    Planner(WorkerParts parts, SnapshotReader reader) {
        this.parts = parts;
        this.reader = reader;
    }

    Future<JobMessages.Plan> plan(Lane.Key lane) {
        UUID probe = UUID.randomUUID();
        return parts.queue()
                .heads(HEADS)
                .compose(lanes -> parts.dispatch().reading(tx -> reader.read(tx, with(lanes, lane, probe, parts))))
                .map(snapshot -> plan(snapshot, lane, probe));
    }

    /** The job waits behind those of its own lane, if there are any. */
    private static List<Lane> with(List<Lane> lanes, Lane.Key key, UUID probe, WorkerParts parts) {
        var all = new ArrayList<Lane>();
        var heads = new ArrayList<Lane.Head>();
        for (Lane lane : lanes) {
            if (lane.key().equals(key)) {
                heads.addAll(lane.heads());
            } else {
                all.add(lane);
            }
        }
        heads.add(new Lane.Head(probe, parts.clock().now()));
        all.add(new Lane(key, heads, heads.size(), null));
        return all;
    }

    private static JobMessages.Plan plan(Snapshot snapshot, Lane.Key lane, UUID probe) {
        Decision decision = Scheduler.decide(snapshot);
        boolean starts = decision.starts().stream().anyMatch(s -> s.id().equals(probe));
        Decision.Block block = starts ? null : decision.blocked().get(lane);
        List<UUID> victims = decision.preemptions().stream()
                .filter(p -> p.forJob().equals(probe))
                .map(Decision.Preemption::victim)
                .toList();
        return new JobMessages.Plan(
                starts,
                block == null ? null : block.reason().wireName(),
                block == null ? null : block.message(),
                victims);
    }
}
