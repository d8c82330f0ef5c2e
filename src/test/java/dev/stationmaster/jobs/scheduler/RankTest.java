package dev.stationmaster.jobs.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RankTest {
    private static final Duration STEP = Duration.ofHours(1);
    private static final Instant T = SchedulerKit.NOW;

    private static Rank rank(boolean overdue, int priority, boolean borrows, double share, Instant queuedAt) {
        return new Rank(overdue, priority, borrows, share, queuedAt, SchedulerKit.id(1));
    }

    @Test
    void comesByPriorityThenOwnQuotaThenShareThenAge() {
        Rank base = rank(false, 5, false, 0.5, T);
        assertThat(rank(false, 6, true, 0.9, T.plusSeconds(1))).isLessThan(base);
        assertThat(rank(false, 5, true, 0.1, T.minusSeconds(9))).isGreaterThan(base);
        assertThat(rank(false, 5, false, 0.4, T.plusSeconds(1))).isLessThan(base);
        assertThat(rank(false, 5, false, 0.5, T.minusSeconds(1))).isLessThan(base);
    }

    @Test
    void ofOverdueJobsAgeAloneCounts() {
        Rank overdue = rank(true, 1, true, 0.9, T);
        assertThat(overdue).isLessThan(rank(false, 10, false, 0, T.minusSeconds(9)));
        assertThat(overdue).isLessThan(rank(true, 10, false, 0, T.plusSeconds(1)));
    }

    @Test
    void eachStepRaisesThePriorityByOneUpToTen() {
        assertThat(Rank.effectivePriority(3, Duration.ZERO, STEP)).isEqualTo(3);
        assertThat(Rank.effectivePriority(3, STEP.minusMillis(1), STEP)).isEqualTo(3);
        assertThat(Rank.effectivePriority(3, STEP.multipliedBy(2), STEP)).isEqualTo(5);
        assertThat(Rank.effectivePriority(3, STEP.multipliedBy(900), STEP)).isEqualTo(10);
        assertThat(Rank.effectivePriority(3, STEP.negated(), STEP))
                .as("a clock set back")
                .isEqualTo(3);
    }

    @Test
    void isOverdueOneStepAfterTenIfTheOwnerHasNothing() {
        assertThat(Rank.timeToOverdue(8, STEP)).isEqualTo(STEP.multipliedBy(3));
        assertThat(Rank.isOverdue(8, STEP.multipliedBy(3), STEP, true)).isTrue();
        assertThat(Rank.isOverdue(8, STEP.multipliedBy(3).minusMillis(1), STEP, true))
                .isFalse();
        assertThat(Rank.isOverdue(8, STEP.multipliedBy(300), STEP, false)).isFalse();
    }

    @Test
    void theBoundGrowsWithThoseWhoGoBeforeAndNotWithThoseWhoComeLater() {
        var bound = new StarvationBound(new Snapshot.Rules(STEP, Duration.ZERO, 1, true), Duration.ofHours(4));
        assertThat(bound.of(10, 0, 0)).isEqualTo(Duration.ofHours(1 + 8));
        assertThat(bound.of(1, 2, 1)).isEqualTo(Duration.ofHours(10 + 4 * 8));
    }
}
