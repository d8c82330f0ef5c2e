package dev.stationmaster.jobs;

import dev.stationmaster.jobs.StartEstimate.OfLane;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Decision;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.jobs.scheduler.Scheduler;
import dev.stationmaster.jobs.scheduler.Snapshot;
import io.vertx.core.Future;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Says what would happen to a job if it were submitted now, by the decision itself. Bound to the worker's event loop. */
final class Planner {
    private static final int HEADS = 16;

    private final WorkerParts parts;
    private final SnapshotReader reader;
    private final StartForecast forecast;

    Planner(WorkerParts parts, SnapshotReader reader, StartForecast forecast) {
        this.parts = parts;
        this.reader = reader;
        this.forecast = forecast;
    }

    Future<JobMessages.Plan> plan(JobMessages.PlanJob q) {
        var size = new Resources(q.cpuMillis(), q.memoryBytes(), q.gpus(), q.storageBytes());
        return plan(new Lane.Key(
                q.queue(), q.ownerId(), q.agentId(), q.runner(), q.priority(), size, q.replicas(), q.minReplicas()));
    }

    private Future<JobMessages.Plan> plan(Lane.Key lane) {
        UUID probe = UUID.randomUUID();
        return parts.queue()
                .heads(HEADS)
                .compose(lanes -> parts.dispatch().reading(tx -> reader.read(tx, with(lanes, lane, probe, parts))))
                .compose(snapshot -> forecast.play(snapshot).map(foreseen -> {
                    OfLane starts = foreseen.get(lane);
                    long place = snapshot.lanes().stream()
                            .filter(l -> l.key().equals(lane))
                            .mapToLong(l -> l.length() - 1)
                            .findFirst()
                            .orElse(0);
                    return plan(snapshot, lane, probe, starts == null ? null : starts.at(place));
                }));
    }

    /** The job waits behind those of its own lane, if there are any. */
    private static List<Lane> with(List<Lane> lanes, Lane.Key key, UUID probe, WorkerParts parts) {
        var all = new ArrayList<Lane>();
        var heads = new ArrayList<Lane.Head>();
        long before = 0;
        for (Lane lane : lanes) {
            if (lane.key().equals(key)) {
                heads.addAll(lane.heads());
                before = lane.length();
            } else {
                all.add(lane);
            }
        }
        heads.add(new Lane.Head(probe, parts.clock().now()));
        all.add(new Lane(key, heads, before + 1, null));
        return all;
    }

    private static JobMessages.Plan plan(
            Snapshot snapshot, Lane.Key lane, UUID probe, @Nullable StartEstimate estimate) {
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
                victims,
                estimate == null ? null : utc(estimate.earliest()),
                estimate == null ? null : utc(estimate.likely()),
                estimate == null ? null : utc(estimate.latest()));
    }

    private static @Nullable OffsetDateTime utc(@Nullable Instant at) {
        return at == null ? null : at.atOffset(ZoneOffset.UTC);
    }
}
