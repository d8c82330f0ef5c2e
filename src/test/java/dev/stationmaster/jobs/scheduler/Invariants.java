package dev.stationmaster.jobs.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.scheduler.Decision.Preemption;
import dev.stationmaster.jobs.scheduler.Decision.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** What holds of every decision, whatever it was made from. */
final class Invariants {
    private Invariants() {}

    static void check(Snapshot snapshot, Decision decision) {
        Books books = new Books(snapshot);
        startsAreAllowed(snapshot, decision, books);
        everyLaneIsExplained(snapshot, decision);
        victimsMayBeAsked(snapshot, decision);
        victimsMakeEnoughRoom(snapshot, decision, books);
        if (!keepsAnything(snapshot, decision)) {
            nothingThatFitsWaits(decision, books);
        }
    }

    private static void startsAreAllowed(Snapshot snapshot, Decision decision, Books books) {
        Map<Lane.Key, Lane> lanes = new HashMap<>();
        snapshot.lanes().forEach(lane -> lanes.put(lane.key(), lane));
        Map<Lane.Key, Integer> next = new HashMap<>();
        Map<String, Long> byQueue = new HashMap<>();
        for (Decision.Start start : decision.starts()) {
            Lane.Key key = start.lane();
            Lane lane = lanes.get(key);
            int at = next.merge(key, 1, Integer::sum) - 1;
            assertThat(lane.heads().get(at).id()).as("oldest of its lane first").isEqualTo(start.id());
            int replicas = start.onWorker().values().stream().mapToInt(n -> n).sum();
            assertThat(replicas).as("all or nothing").isBetween(key.minReplicas(), key.replicas());
            assertThat(start.onWorker().values()).allMatch(n -> n > 0);
            assertThat(start.onWorker())
                    .hasSizeLessThanOrEqualTo(snapshot.rules().spread() ? 100 : 1);
            assertThat(lane.held()).isNull();
            assertThat(snapshot.queues().get(key.queue()).state()).isNotEqualTo(QueueSpec.State.HOLD);
            byQueue.merge(key.queue(), 1L, Long::sum);
            Amounts need = key.need(replicas);
            assertThat(books.ownerHas(key, need)).as("owner's quota").isTrue();
            assertThat(books.queueHas(key, need)).as("queue's quota").isTrue();
            books.start(start);
            assertThat(books.roomKept(start)).as("room and slots").isTrue();
        }
        byQueue.forEach((queue, n) -> assertThat(n)
                .as("rate limit")
                .isLessThanOrEqualTo(snapshot.queues().get(queue).startsLeft()));
        assertThat(decision.starts()).hasSizeLessThanOrEqualTo(snapshot.rules().maxStarts());
    }

    private static void everyLaneIsExplained(Snapshot snapshot, Decision decision) {
        Map<Lane.Key, Long> started = new HashMap<>();
        decision.starts().forEach(start -> started.merge(start.lane(), 1L, Long::sum));
        for (Lane lane : snapshot.lanes()) {
            boolean all = started.getOrDefault(lane.key(), 0L) == lane.heads().size();
            if (!decision.more()) {
                assertThat(decision.blocked().containsKey(lane.key())).isNotEqualTo(all);
            }
        }
    }

    private static void victimsMayBeAsked(Snapshot snapshot, Decision decision) {
        Map<UUID, Running> running = new HashMap<>();
        snapshot.running().forEach(job -> running.put(job.id(), job));
        Map<UUID, Lane.Key> waiting = new HashMap<>();
        snapshot.lanes().forEach(lane -> lane.heads().forEach(head -> waiting.put(head.id(), lane.key())));
        Set<UUID> asked = new HashSet<>();
        Set<UUID> started = new HashSet<>(SchedulerKit.started(decision));
        Books now = new Books(snapshot);
        decision.starts().forEach(now::start);
        for (Preemption p : decision.preemptions()) {
            Running victim = running.get(p.victim());
            Lane.Key lane = waiting.get(p.forJob());
            assertThat(asked.add(p.victim())).as("asked once").isTrue();
            assertThat(started).doesNotContain(p.forJob());
            assertThat(victim.preemptible()).isTrue();
            assertThat(victim.preemptedFor()).isNull();
            assertThat(Duration.between(victim.startedAt(), snapshot.now()))
                    .isGreaterThanOrEqualTo(victim.minRuntime());
            boolean lower = victim.lane().priority() < lane.priority();
            assertThat(lower || reclaims(snapshot, now, lane, victim.lane()))
                    .as("of lower priority, or its queue borrowed")
                    .isTrue();
        }
    }

    private static boolean reclaims(Snapshot snapshot, Books now, Lane.Key lane, Lane.Key victim) {
        String cohort = snapshot.queues().get(lane.queue()).cohort();
        return cohort != null
                && cohort.equals(snapshot.queues().get(victim.queue()).cohort())
                && !victim.queue().equals(lane.queue())
                && now.borrows(victim.queue());
    }

    private static void victimsMakeEnoughRoom(Snapshot snapshot, Decision decision, Books books) {
        Map<UUID, List<Running>> victims = new LinkedHashMap<>();
        for (Preemption p : decision.preemptions()) {
            victims.computeIfAbsent(p.forJob(), id -> new ArrayList<>()).add(books.holding(p.victim()));
        }
        Map<UUID, Lane.Key> waiting = new HashMap<>();
        snapshot.lanes().forEach(lane -> lane.heads().forEach(head -> waiting.put(head.id(), lane.key())));
        victims.forEach((forJob, leaving) -> {
            Lane.Key lane = waiting.get(forJob);
            leaving.forEach(job -> books.leave(job.id()));
            assertThat(books.fits(lane)).as("victims make enough room").isTrue();
            if (victims.size() == 1 && !keepsForAge(snapshot) && !keepsForSomebody(snapshot)) {
                for (Running job : leaving) {
                    books.comeBack(job);
                    assertThat(books.fits(lane)).as("no victim too many").isFalse();
                    books.leave(job.id());
                }
            }
            leaving.forEach(books::comeBack);
        });
    }

    private static void nothingThatFitsWaits(Decision decision, Books books) {
        decision.blocked().forEach((lane, block) -> {
            if (block.reason() == Reason.WAITING_FOR_CAPACITY
                    || block.reason() == Reason.WAITING_FOR_QUOTA
                    || block.reason() == Reason.WAITING_FOR_QUEUE_QUOTA
                    || block.reason() == Reason.RESERVED_FOR) {
                assertThat(books.fits(lane)).as("%s fits, yet %s", lane, block).isFalse();
            }
        });
    }

    private static boolean keepsAnything(Snapshot snapshot, Decision decision) {
        return keepsForAge(snapshot) || !decision.preemptions().isEmpty() || keepsForSomebody(snapshot);
    }

    private static boolean keepsForSomebody(Snapshot snapshot) {
        return snapshot.running().stream().anyMatch(job -> job.preemptedFor() != null);
    }

    private static boolean keepsForAge(Snapshot snapshot) {
        Snapshot.Rules rules = snapshot.rules();
        return snapshot.lanes().stream().anyMatch(lane -> lane.heads().stream().anyMatch(head -> {
            Duration waited = Duration.between(head.queuedAt(), snapshot.now());
            return waited.compareTo(rules.reserveAfter()) >= 0
                    || waited.compareTo(Rank.timeToOverdue(lane.key().priority(), rules.agingStep())) >= 0;
        }));
    }
}
