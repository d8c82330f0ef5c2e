package dev.stationmaster.jobs.scheduler;

import dev.stationmaster.jobs.runner.Resources;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/** Random things to decide from: small numbers of everything, so that they meet. */
final class RandomSnapshots {
    static final Instant NOW = Instant.parse("2026-01-05T12:00:00Z");
    private static final List<String> QUEUES = List.of("a", "b", "c", "free");
    private static final List<String> RUNNERS = List.of("process", "docker");

    private final Random random;

    RandomSnapshots(long seed) {
        random = new Random(seed);
    }

    /** @param size how many lanes and running jobs at most */
    Snapshot snapshot(int size) {
        List<Node> nodes = nodes();
        Map<UUID, OwnerSpec> owners = owners(1 + random.nextInt(4));
        List<UUID> ids = List.copyOf(owners.keySet());
        Map<String, QueueSpec> queues = queues();
        List<Running> running = new ArrayList<>();
        for (int i = random.nextInt(size + 1); i > 0; i--) {
            run(nodes, key(ids), running);
        }
        Map<Lane.Key, Lane> lanes = new LinkedHashMap<>();
        boolean fresh = random.nextBoolean();
        for (int i = 1 + random.nextInt(size); i > 0; i--) {
            Lane lane = lane(key(ids), fresh);
            lanes.put(lane.key(), lane);
        }
        var rules = new Snapshot.Rules(
                Duration.ofMinutes(10), Duration.ofMinutes(5), random.nextBoolean() ? 100 : 3, random.nextBoolean());
        return new Snapshot(NOW, rules, nodes, queues, owners, List.copyOf(lanes.values()), running);
    }

    UUID id() {
        return new UUID(random.nextLong(), random.nextLong());
    }

    List<Node> nodes() {
        List<Node> nodes = new ArrayList<>();
        for (int w = 1 + random.nextInt(3); w > 0; w--) {
            int slots = random.nextInt(3) == 0 ? 1 + random.nextInt(4) : 50;
            for (String runner : RUNNERS.subList(0, 1 + random.nextInt(2))) {
                Amounts all = new Amounts(1000L * (1 + random.nextInt(8)), 8, random.nextInt(3), 100, slots);
                nodes.add(new Node("w" + w, runner, all, all));
            }
        }
        return nodes;
    }

    Map<UUID, OwnerSpec> owners(int n) {
        Map<UUID, OwnerSpec> owners = new LinkedHashMap<>();
        for (int i = 1; i <= n; i++) {
            UUID id = new UUID(0, i);
            Amounts quota = random.nextBoolean() ? Amounts.NO_LIMIT : limit(6);
            Map<String, Amounts> inQueue = random.nextInt(4) == 0 ? Map.of("a", limit(3)) : Map.of();
            owners.put(id, new OwnerSpec(id, 1 + random.nextInt(4), quota, inQueue, random.nextDouble()));
        }
        return owners;
    }

    /** Two queues of a cohort, one that stands alone, and one without a quota. */
    Map<String, QueueSpec> queues() {
        Map<String, QueueSpec> queues = new HashMap<>();
        for (String name : QUEUES) {
            boolean alone = name.equals("c");
            QueueSpec.State state = random.nextInt(12) == 0 ? QueueSpec.State.HOLD : QueueSpec.State.ACTIVE;
            long starts = random.nextInt(6) == 0 ? random.nextInt(3) : Long.MAX_VALUE;
            queues.put(
                    name,
                    name.equals("free")
                            ? QueueSpec.open(name)
                            : new QueueSpec(
                                    name,
                                    alone ? null : "cohort",
                                    1 + random.nextInt(2),
                                    random.nextInt(4) == 0
                                            ? QueueSpec.Policy.STRICT_FIFO
                                            : QueueSpec.Policy.BEST_EFFORT_FIFO,
                                    state,
                                    limit(5),
                                    random.nextBoolean() ? Amounts.NO_LIMIT : limit(3),
                                    random.nextBoolean() ? Amounts.NO_LIMIT : limit(3),
                                    starts));
        }
        return queues;
    }

    /** Of cores and jobs, the rest without limit; sometimes of GPUs. */
    private Amounts limit(int most) {
        return new Amounts(
                1000L * random.nextInt(most + 1),
                Amounts.UNLIMITED,
                random.nextInt(3) == 0 ? random.nextInt(2) : Amounts.UNLIMITED,
                Amounts.UNLIMITED,
                random.nextInt(3) == 0 ? 1 + random.nextInt(most) : Amounts.UNLIMITED);
    }

    Lane.Key key(List<UUID> owners) {
        int replicas = random.nextInt(4) == 0 ? 1 + random.nextInt(4) : 1;
        return new Lane.Key(
                QUEUES.get(random.nextInt(4)),
                owners.get(random.nextInt(owners.size())),
                1,
                RUNNERS.get(random.nextInt(5) == 0 ? 1 : 0),
                1 + random.nextInt(10),
                new Resources(
                        1000L * random.nextInt(5),
                        random.nextInt(4),
                        random.nextInt(4) == 0 ? 1 : 0,
                        random.nextInt(3)),
                replicas,
                1 + random.nextInt(replicas));
    }

    private Lane lane(Lane.Key key, boolean fresh) {
        List<Lane.Head> heads = new ArrayList<>();
        Instant at = NOW.minusSeconds(fresh ? random.nextInt(200) : random.nextInt(9000));
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            heads.add(new Lane.Head(id(), at));
            at = at.plusSeconds(random.nextInt(10));
        }
        Decision.Block held = random.nextInt(15) == 0
                ? new Decision.Block(Decision.Reason.WAITING_FOR_BUDGET, "The budget is spent.")
                : null;
        return new Lane(key, heads, heads.size() + random.nextInt(2), held);
    }

    /** Runs a job where it fits, whatever the quotas say: they may have been lowered since. */
    private void run(List<Node> nodes, Lane.Key key, List<Running> running) {
        for (int i = 0; i < nodes.size(); i++) {
            Node node = nodes.get(i);
            Amounts need = Amounts.of(key.resources(), 1);
            if (node.runner().equals(key.runner()) && need.fitsIn(node.free())) {
                UUID preemptedFor = random.nextInt(12) == 0 ? id() : null;
                running.add(new Running(
                        id(),
                        key,
                        Map.of(node.worker(), 1),
                        NOW.minusSeconds(random.nextInt(4000)),
                        random.nextInt(4) != 0,
                        Duration.ofSeconds(random.nextInt(600)),
                        preemptedFor));
                nodes.replaceAll(n -> !n.worker().equals(node.worker())
                        ? n
                        : new Node(
                                n.worker(),
                                n.runner(),
                                n.capacity(),
                                n.free().minus(n.runner().equals(node.runner()) ? need : new Amounts(0, 0, 0, 0, 1))));
                return;
            }
        }
    }
}
