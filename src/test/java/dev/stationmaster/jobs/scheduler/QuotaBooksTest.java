package dev.stationmaster.jobs.scheduler;

import static dev.stationmaster.jobs.scheduler.SchedulerKit.ANN;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.BOB;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.FRESH;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.RESERVE;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.cores;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.lane;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Decision.Reason;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Quotas of owners and queues, and what cohorts lend. */
class QuotaBooksTest {
    private final SchedulerKit kit = new SchedulerKit().node("w1", 32);

    private static QueueSpec queue(String name, int nominal, Amounts borrowing, Amounts lending) {
        return new QueueSpec(
                name,
                "cohort",
                1,
                QueueSpec.Policy.BEST_EFFORT_FIFO,
                QueueSpec.State.ACTIVE,
                cores(nominal),
                borrowing,
                lending,
                Long.MAX_VALUE);
    }

    private static QueueSpec alone(String name, int nominal) {
        return new QueueSpec(
                name,
                null,
                1,
                QueueSpec.Policy.BEST_EFFORT_FIFO,
                QueueSpec.State.ACTIVE,
                cores(nominal),
                Amounts.NO_LIMIT,
                Amounts.NO_LIMIT,
                Long.MAX_VALUE);
    }

    @Test
    void anOwnerStaysWithinTheirQuota() {
        kit.owner(ANN, 1, cores(3), 0);
        kit.waits(lane(ANN, 5, 2), FRESH);
        kit.waits(lane(ANN, 5, 2), FRESH);
        assertThat(kit.starts()).hasSize(1);
        assertThat(kit.reason(lane(ANN, 5, 2))).isEqualTo(Reason.WAITING_FOR_QUOTA);
    }

    @Test
    void anOwnersQuotaMayBeSmallerInOneQueue() {
        Snapshot open = snapshotOf(Map.of("a", cores(1)));
        assertThat(Scheduler.decide(open).blocked().get(lane("a", ANN, 5, 2)).reason())
                .isEqualTo(Reason.WAITING_FOR_QUOTA);
        assertThat(Scheduler.decide(snapshotOf(Map.of("b", cores(1)))).starts()).hasSize(1);
    }

    private Snapshot snapshotOf(Map<String, Amounts> byQueue) {
        var fresh = new SchedulerKit().node("w1", 32).queue(QueueSpec.open("a"));
        fresh.waits(lane("a", ANN, 5, 2), FRESH);
        Snapshot s = fresh.snapshot();
        return new Snapshot(
                s.now(),
                s.rules(),
                s.nodes(),
                s.queues(),
                Map.of(ANN, new OwnerSpec(ANN, 1, Amounts.NO_LIMIT, byQueue, 0)),
                s.lanes(),
                s.running());
    }

    @Test
    void aQueueAloneStaysWithinItsOwn() {
        kit.queue(alone("a", 3));
        kit.waits(lane("a", ANN, 5, 2), FRESH);
        kit.waits(lane("a", ANN, 5, 2), FRESH);
        assertThat(kit.starts()).hasSize(1);
        assertThat(kit.reason(lane("a", ANN, 5, 2))).isEqualTo(Reason.WAITING_FOR_QUEUE_QUOTA);
    }

    @Test
    void aQueueBorrowsWhatItsCohortDoesNotUse() {
        kit.queue(queue("a", 2, Amounts.NO_LIMIT, Amounts.NO_LIMIT))
                .queue(queue("b", 4, Amounts.NO_LIMIT, Amounts.NO_LIMIT));
        kit.runsOn(lane("b", BOB, 5, 1), "w1", FRESH);
        kit.waits(lane("a", ANN, 5, 5), FRESH);
        assertThat(kit.starts()).hasSize(1);
        kit.waits(lane("a", ANN, 5, 6), FRESH);
        assertThat(kit.reason(lane("a", ANN, 5, 6))).isEqualTo(Reason.WAITING_FOR_QUEUE_QUOTA);
    }

    @Test
    void aQueueBorrowsNoMoreThanItMay() {
        kit.queue(queue("a", 2, cores(1), Amounts.NO_LIMIT)).queue(queue("b", 9, Amounts.NO_LIMIT, Amounts.NO_LIMIT));
        kit.waits(lane("a", ANN, 5, 4), FRESH);
        assertThat(kit.starts()).isEmpty();
        kit.waits(lane("a", ANN, 5, 3), FRESH);
        assertThat(kit.starts()).hasSize(1);
    }

    @Test
    void aQueueLendsNoMoreThanItIsWillingTo() {
        kit.queue(queue("a", 2, Amounts.NO_LIMIT, Amounts.NO_LIMIT)).queue(queue("b", 9, Amounts.NO_LIMIT, cores(1)));
        kit.waits(lane("a", ANN, 5, 4), FRESH);
        assertThat(kit.starts()).isEmpty();
        kit.waits(lane("a", ANN, 5, 3), FRESH);
        assertThat(kit.starts()).hasSize(1);
    }

    @Test
    void whoStaysWithinTheirOwnGoesBeforeWhoBorrows() {
        kit.queue(queue("a", 2, Amounts.NO_LIMIT, Amounts.NO_LIMIT))
                .queue(queue("b", 4, Amounts.NO_LIMIT, Amounts.NO_LIMIT));
        kit.waits(lane("a", ANN, 5, 4), Duration.ofMinutes(2));
        var own = kit.waits(lane("b", BOB, 5, 4), FRESH);
        assertThat(kit.starts()).containsExactly(own);
    }

    @Test
    void aLoweredGpuQuotaStopsNoJobThatAsksForNone() {
        var gpu = new Lane.Key("default", ANN, 1, "process", 5, new Resources(0, 0, 1, 0), 1, 1);
        kit.owner(ANN, 1, new Amounts(9000, Amounts.UNLIMITED, 0, Amounts.UNLIMITED, 9), 0);
        kit.runsOn(gpu, "w1", FRESH);
        var job = kit.waits(lane(ANN, 5, 1), FRESH);
        assertThat(kit.starts()).containsExactly(job);
    }

    @Test
    void quotaThatComesFreeIsKeptForWhoWaitedLong() {
        kit.queue(alone("a", 4));
        kit.runsOn(lane("a", BOB, 5, 2), "w1", FRESH);
        kit.waits(lane("a", ANN, 8, 4), FRESH);
        var small = kit.waits(lane("a", BOB, 5, 1), FRESH);
        assertThat(kit.starts()).as("it waits for a moment only").containsExactly(small);

        var longer = new SchedulerKit().node("w1", 32).queue(alone("a", 4));
        longer.runsOn(lane("a", BOB, 5, 2), "w1", FRESH);
        longer.waits(lane("a", ANN, 8, 4), RESERVE);
        longer.waits(lane("a", BOB, 5, 1), FRESH);
        assertThat(longer.starts()).isEmpty();
        assertThat(longer.reason(lane("a", BOB, 5, 1))).isIn(Reason.RESERVED_FOR, Reason.WAITING_FOR_QUEUE_QUOTA);
    }
}
