package dev.stationmaster.jobs.scheduler;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Everything a decision depends on. Queues and owners of all lanes and running jobs must be there. */
public record Snapshot(
        Instant now,
        Rules rules,
        List<Node> nodes,
        Map<String, QueueSpec> queues,
        Map<UUID, OwnerSpec> owners,
        List<Lane> lanes,
        List<Running> running) {

    /**
     * @param agingStep waiting so long raises the effective priority by one, up to the highest
     * @param reserveAfter a job that waited so long gets its room reserved; smaller ones may then only start beside it
     * @param maxStarts bounds the work of one decision
     * @param spread whether the replicas of one job may run on several servers
     */
    public record Rules(Duration agingStep, Duration reserveAfter, int maxStarts, boolean spread) {}

    public Snapshot {
        nodes = List.copyOf(nodes);
        queues = Map.copyOf(queues);
        owners = Map.copyOf(owners);
        lanes = List.copyOf(lanes);
        running = List.copyOf(running);
    }
}
