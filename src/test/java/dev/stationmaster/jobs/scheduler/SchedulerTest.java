package dev.stationmaster.jobs.scheduler;

import static dev.stationmaster.jobs.scheduler.SchedulerKit.ANN;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.BOB;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.FRESH;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.RESERVE;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.STEP;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.gang;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.lane;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Decision.Reason;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Who starts next, and why others don't. */
class SchedulerTest {
    private final SchedulerKit kit = new SchedulerKit().node("w1", 4);

    private static QueueSpec queue(QueueSpec.Policy policy, QueueSpec.State state, long startsLeft) {
        return new QueueSpec(
                "default", null, 1, policy, state, Amounts.NO_LIMIT, Amounts.NONE, Amounts.NO_LIMIT, startsLeft);
    }

    @Test
    void theHigherPriorityStartsFirst() {
        UUID low = kit.waits(lane(ANN, 1, 1), RESERVE);
        UUID high = kit.waits(lane(ANN, 9, 1), FRESH);
        assertThat(kit.starts()).containsExactly(high, low);
    }

    @Test
    void ofOnePriorityWhoUsesLessOfTheirShareStartsFirst() {
        kit.owner(ANN, 1, Amounts.NO_LIMIT, 0.2).owner(BOB, 4, Amounts.NO_LIMIT, 0.4);
        UUID ann = kit.waits(lane(ANN, 5, 1), RESERVE);
        UUID bob = kit.waits(lane(BOB, 5, 1), FRESH);
        assertThat(kit.starts()).containsExactly(bob, ann);
    }

    @Test
    void ownersTakeTurnsWithinOneDecision() {
        for (int i = 0; i < 4; i++) {
            kit.waits(lane(ANN, 5, 1), Duration.ofSeconds(60));
            kit.waits(lane(BOB, 5, 1), FRESH);
        }
        assertThat(kit.decide().starts().stream().map(s -> s.lane().owner())).containsExactly(ANN, BOB, ANN, BOB);
    }

    @Test
    void ofOneOwnerTheOlderStartsFirst() {
        UUID young = kit.waits(lane(ANN, 5, 1), FRESH);
        UUID old = kit.waits(lane(ANN, 5, 2), Duration.ofSeconds(2));
        assertThat(kit.starts()).containsExactly(old, young);
    }

    @Test
    void ageRaisesThePriority() {
        UUID fresh = kit.waits(lane(ANN, 5, 1), FRESH);
        UUID aged = kit.waits(lane(BOB, 2, 1), STEP.multipliedBy(4));
        assertThat(kit.starts()).containsExactly(aged, fresh);
    }

    @Test
    void anOverdueJobGoesBeforeEverybodyIfItsOwnerHasNothing() {
        kit.owner(BOB, 0.001, Amounts.NO_LIMIT, 0.9);
        kit.waits(lane(ANN, 10, 4), FRESH);
        UUID overdue = kit.waits(lane(BOB, 1, 4), STEP.multipliedBy(10));
        assertThat(kit.starts()).containsExactly(overdue);
    }

    @Test
    void whoHasSomethingRunningHasNoOverdueJob() {
        kit.owner(BOB, 0.001, Amounts.NO_LIMIT, 0.9);
        kit.runsOn(lane(BOB, 5, 1), "w1", FRESH);
        UUID ann = kit.waits(lane(ANN, 10, 3), FRESH);
        kit.waits(lane(BOB, 1, 3), STEP.multipliedBy(10));
        assertThat(kit.starts()).containsExactly(ann);
    }

    @Test
    void theTightestServerIsTaken() {
        kit.node("w2", 2);
        kit.waits(lane(ANN, 5, 2), FRESH);
        assertThat(kit.decide().starts().get(0).onWorker()).containsOnlyKeys("w2");
    }

    @Test
    void slotsAreSharedByAllRunnersOfAServer() {
        var small = new SchedulerKit().node("w1", "process", 8, 1).node("w1", "docker", 8, 1);
        small.waits(lane(ANN, 5, 1), FRESH);
        small.waits(new Lane.Key("default", BOB, 1, "docker", 5, new Resources(1000, 0, 0, 0), 1, 1), FRESH);
        assertThat(small.starts()).hasSize(1);
    }

    @Test
    void noRunnerAndTooLargeAreSaid() {
        var elsewhere = new Lane.Key("default", ANN, 1, "kubernetes", 5, Resources.NONE, 1, 1);
        kit.waits(elsewhere, FRESH);
        kit.waits(lane(ANN, 5, 5), FRESH);
        assertThat(kit.reason(elsewhere)).isEqualTo(Reason.NO_MATCHING_EXECUTOR);
        assertThat(kit.reason(lane(ANN, 5, 5))).isEqualTo(Reason.EXCEEDS_RUNNER_CAPACITY);
    }

    @Test
    void aQueueOnHoldStartsNothingAndOneThatDrainsDoes() {
        kit.waits(lane(ANN, 5, 1), FRESH);
        kit.queue(queue(QueueSpec.Policy.BEST_EFFORT_FIFO, QueueSpec.State.HOLD, Long.MAX_VALUE));
        assertThat(kit.reason(lane(ANN, 5, 1))).isEqualTo(Reason.QUEUE_STOPPED);
        kit.queue(queue(QueueSpec.Policy.BEST_EFFORT_FIFO, QueueSpec.State.DRAIN, Long.MAX_VALUE));
        assertThat(kit.starts()).hasSize(1);
    }

    @Test
    void aLaneHeldForAnotherReasonSaysIt() {
        kit.waits(lane(ANN, 5, 1), FRESH);
        kit.held(lane(ANN, 5, 1), new Decision.Block(Reason.WAITING_FOR_BUDGET, "Spent."));
        assertThat(kit.reason(lane(ANN, 5, 1))).isEqualTo(Reason.WAITING_FOR_BUDGET);
    }

    @Test
    void behindTheFirstOfAStrictQueueNothingStarts() {
        kit.runsOn(lane(BOB, 5, 1), "w1", FRESH);
        kit.waits(lane(ANN, 9, 4), FRESH);
        UUID small = kit.waits(lane(ANN, 5, 1), FRESH);
        assertThat(kit.starts()).containsExactly(small);
        kit.queue(queue(QueueSpec.Policy.STRICT_FIFO, QueueSpec.State.ACTIVE, Long.MAX_VALUE));
        assertThat(kit.starts()).isEmpty();
        assertThat(kit.reason(lane(ANN, 5, 1))).isEqualTo(Reason.BEHIND_FIRST);
    }

    @Test
    void aQueueStartsNoMoreThanItsRateAllows() {
        kit.waits(lane(ANN, 5, 1), FRESH);
        kit.waits(lane(ANN, 5, 1), FRESH);
        kit.queue(queue(QueueSpec.Policy.BEST_EFFORT_FIFO, QueueSpec.State.ACTIVE, 1));
        assertThat(kit.starts()).hasSize(1);
        assertThat(kit.reason(lane(ANN, 5, 1))).isEqualTo(Reason.RATE_LIMITED);
    }

    @Test
    void oneDecisionIsBounded() {
        kit.waits(lane(ANN, 5, 1), FRESH);
        kit.waits(lane(ANN, 5, 1), FRESH);
        kit.maxStarts(1);
        assertThat(kit.decide().starts()).hasSize(1);
        assertThat(kit.decide().more()).isTrue();
    }

    @Test
    void roomIsReservedForALargeJobThatWaitedLong() {
        kit.runsOn(lane(BOB, 5, 3), "w1", Duration.ofHours(1));
        kit.waits(lane(ANN, 5, 4), RESERVE.plusSeconds(1));
        kit.waits(lane(BOB, 5, 1), FRESH);
        assertThat(kit.starts()).isEmpty();
        assertThat(kit.reason(lane(BOB, 5, 1))).isEqualTo(Reason.RESERVED_FOR);
    }

    @Test
    void beforeThatAndBesideItSmallJobsStart() {
        kit.runsOn(lane(BOB, 5, 3), "w1", Duration.ofHours(1));
        kit.waits(lane(ANN, 5, 4), RESERVE.minusSeconds(1));
        UUID small = kit.waits(lane(BOB, 5, 1), FRESH);
        assertThat(kit.starts()).containsExactly(small);

        var beside = new SchedulerKit().node("w1", 4);
        beside.runsOn(lane(BOB, 5, 3), "w1", Duration.ofHours(1));
        beside.waits(lane(ANN, 5, 3), RESERVE.plusSeconds(1));
        UUID fits = beside.waits(lane(BOB, 5, 1), FRESH);
        assertThat(beside.starts()).containsExactly(fits);
    }

    @Test
    void aServerIsDrainedWhereSmallJobsCameAndWentPastALargeOne() {
        kit.runsOn(lane(BOB, 5, 3), "w1", FRESH); // started while the large one waited
        kit.waits(lane(ANN, 5, 4), STEP);
        kit.waits(lane(BOB, 5, 1), FRESH);
        assertThat(kit.starts()).isEmpty();
    }

    @Test
    void aGangStartsWithAllItNeedsOrNotAtAll() {
        kit.node("w2", 2);
        kit.waits(gang(ANN, 2, 4, 4), FRESH);
        assertThat(kit.reason(gang(ANN, 2, 4, 4))).isEqualTo(Reason.EXCEEDS_RUNNER_CAPACITY);
        kit.runsOn(lane(BOB, 5, 1), "w1", FRESH);
        kit.waits(gang(ANN, 2, 3, 3), FRESH);
        assertThat(kit.starts()).isEmpty();
        kit.waits(gang(BOB, 2, 3, 2), FRESH);
        assertThat(kit.decide().starts().get(0).onWorker())
                .containsEntry("w1", 1)
                .containsEntry("w2", 1);
    }

    @Test
    void replicasStayTogetherWhereTheyMayNotBeSpread() {
        kit.node("w2", 2).together();
        kit.waits(gang(ANN, 2, 3, 3), FRESH);
        assertThat(kit.reason(gang(ANN, 2, 3, 3))).isEqualTo(Reason.EXCEEDS_RUNNER_CAPACITY);
        UUID pair = kit.waits(gang(BOB, 2, 3, 2), FRESH);
        UUID one = kit.waits(lane(ANN, 5, 2), FRESH);
        assertThat(kit.starts()).containsExactlyInAnyOrder(pair, one);
        assertThat(kit.decide().starts().stream()
                        .filter(s -> s.id().equals(pair))
                        .map(s -> s.onWorker()))
                .containsExactly(java.util.Map.of("w1", 2));
    }

    @Test
    void noMoreServersAreDrainedThanTheJobNeeds() {
        for (boolean spread : new boolean[] {true, false}) {
            var two = new SchedulerKit().node("w1", 4).node("w2", 4);
            if (!spread) {
                two.together();
            }
            two.runsOn(lane(BOB, 5, 3), "w1", FRESH);
            two.runsOn(lane(BOB, 5, 3), "w2", FRESH);
            two.waits(lane(ANN, 5, 4), RESERVE.plusSeconds(1));
            UUID small = two.waits(lane(BOB, 5, 1), FRESH);
            assertThat(two.starts()).as("on the other server").containsExactly(small);
        }
    }
}
