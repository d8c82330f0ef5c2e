package dev.stationmaster.jobs.scheduler;

import static dev.stationmaster.jobs.scheduler.SchedulerKit.ANN;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.BOB;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.FRESH;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.cores;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.lane;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.victims;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.scheduler.Decision.Reason;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Who makes room for whom. */
class VictimsTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private final SchedulerKit kit = new SchedulerKit().node("w1", 4);

    private static QueueSpec inCohort(String name, int nominal) {
        return new QueueSpec(
                name,
                "cohort",
                1,
                QueueSpec.Policy.BEST_EFFORT_FIFO,
                QueueSpec.State.ACTIVE,
                cores(nominal),
                Amounts.NO_LIMIT,
                Amounts.NO_LIMIT,
                Long.MAX_VALUE);
    }

    @Test
    void theLowestPriorityGoesFirst() {
        kit.runs(lane(BOB, 3, 2), "w1", HOUR);
        UUID lowest = kit.runs(lane(BOB, 2, 2), "w1", HOUR);
        kit.waits(lane(ANN, 5, 2), FRESH);
        assertThat(victims(kit.decide())).containsExactly(lowest);
        assertThat(kit.reason(lane(ANN, 5, 2))).isEqualTo(Reason.WAITING_FOR_PREEMPTED);
    }

    @Test
    void ofOnePriorityTheLatestStartGoesFirst() {
        kit.runs(lane(BOB, 2, 2), "w1", HOUR);
        UUID latest = kit.runs(lane(BOB, 2, 2), "w1", Duration.ofMinutes(1));
        kit.waits(lane(ANN, 5, 2), FRESH);
        assertThat(victims(kit.decide())).containsExactly(latest);
    }

    @Test
    void nobodyLeavesWhoNeedNot() {
        kit.runs(lane(BOB, 1, 1), "w1", HOUR);
        UUID enough = kit.runs(lane(BOB, 2, 3), "w1", HOUR);
        kit.waits(lane(ANN, 5, 3), FRESH);
        assertThat(victims(kit.decide())).containsExactly(enough);
    }

    @Test
    void nobodyLeavesIfThatIsNotEnough() {
        kit.runs(lane(BOB, 1, 2), "w1", HOUR);
        kit.runs(lane(BOB, 9, 2), "w1", HOUR);
        kit.waits(lane(ANN, 5, 3), FRESH);
        assertThat(victims(kit.decide())).isEmpty();
    }

    @Test
    void equalPrioritiesAndProtectedJobsStay() {
        kit.runs(lane(BOB, 5, 1), "w1", HOUR);
        kit.runsOn(lane(BOB, 1, 1), "w1", HOUR);
        kit.runs(lane(BOB, 1, 2), "w1", Duration.ofMinutes(9), true, Duration.ofMinutes(10), null);
        kit.waits(lane(ANN, 5, 1), FRESH);
        assertThat(victims(kit.decide())).isEmpty();
    }

    @Test
    void afterItsMinimumRuntimeAJobMayBeAsked() {
        UUID job = kit.runs(lane(BOB, 1, 4), "w1", Duration.ofMinutes(10), true, Duration.ofMinutes(10), null);
        kit.waits(lane(ANN, 5, 1), FRESH);
        assertThat(victims(kit.decide())).containsExactly(job);
    }

    @Test
    void whoStartedWhileTheOtherWaitedStays() {
        kit.runs(lane(BOB, 1, 4), "w1", Duration.ofMinutes(1));
        kit.waits(lane(ANN, 5, 1), Duration.ofMinutes(2));
        assertThat(victims(kit.decide())).isEmpty();
    }

    @Test
    void whileOneLeavesNobodyElseIsAskedAndTheRoomIsKept() {
        var roomy = new SchedulerKit().node("w1", 4);
        UUID waiting = SchedulerKit.id(2);
        roomy.runs(lane(BOB, 1, 2), "w1", HOUR, true, Duration.ZERO, waiting);
        assertThat(roomy.waits(lane(ANN, 5, 4), FRESH)).isEqualTo(waiting);
        roomy.waits(lane(BOB, 4, 1), FRESH);
        assertThat(victims(roomy.decide())).isEmpty();
        assertThat(roomy.starts()).isEmpty();
        assertThat(roomy.reason(lane(BOB, 4, 1))).isEqualTo(Reason.RESERVED_FOR);
    }

    @Test
    void aQueueTakesBackWhatAnotherBorrowed() {
        kit.queue(inCohort("a", 2)).queue(inCohort("b", 2));
        UUID borrower = kit.runs(lane("b", BOB, 9, 1), "w1", Duration.ofMinutes(1));
        kit.runs(lane("b", BOB, 9, 3), "w1", HOUR);
        kit.waits(lane("a", ANN, 1, 1), FRESH);
        assertThat(victims(kit.decide())).containsExactly(borrower);
    }

    @Test
    void whoKeepsToTheirQuotaIsSafeFromPrioritiesOfOtherQueues() {
        kit.queue(inCohort("a", 2)).queue(inCohort("b", 4));
        kit.runs(lane("b", BOB, 1, 4), "w1", HOUR);
        kit.waits(lane("a", ANN, 10, 1), FRESH);
        assertThat(victims(kit.decide())).isEmpty();
    }

    @Test
    void whatAJobCouldDoWithoutIsNotBorrowed() {
        kit.queue(inCohort("default", 2)).queue(inCohort("b", 2));
        kit.waits(SchedulerKit.gang(ANN, 1, 4, 1), FRESH);
        assertThat(kit.decide().starts().get(0).onWorker()).containsEntry("w1", 2);
    }
}
