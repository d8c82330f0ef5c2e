package dev.stationmaster.jobs.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RecentUseTest {
    private static final Instant T = SchedulerKit.NOW;
    private static final UUID ANN = SchedulerKit.ANN;
    private final RecentUse use = new RecentUse(Duration.ofHours(1), Duration.ofSeconds(10), T);

    @Test
    void whatWasHeldForManyHalfLivesShowsAsThatShare() {
        for (int minute = 1; minute <= 20 * 60; minute++) {
            use.pass(T.plus(Duration.ofMinutes(minute)), Map.of(ANN, 0.4));
        }
        assertThat(use.share(ANN)).isCloseTo(0.4, within(0.01));
    }

    @Test
    void countsHalfAfterTheHalfLife() {
        use.restore(ANN, 0.4);
        use.pass(T.plus(Duration.ofHours(1)), Map.of());
        assertThat(use.share(ANN)).isCloseTo(0.2, within(1e-9));
    }

    @Test
    void aStartIsChargedAtOnce() {
        use.charge(ANN, 0.5);
        assertThat(use.share(ANN)).isPositive();
    }

    @Test
    void aClockSetBackLetsNoTimePass() {
        use.restore(ANN, 0.4);
        use.pass(T.minusSeconds(60), Map.of(ANN, 1.0));
        assertThat(use.share(ANN)).isCloseTo(0.4, within(1e-9));
    }

    @Test
    void whoUsedNothingForLongIsForgotten() {
        use.restore(ANN, 0.4);
        use.pass(T.plus(Duration.ofDays(3)), Map.of());
        assertThat(use.shares()).isEmpty();
    }

    @Test
    void anotherLeaderGoesOnFromWhatWasKnown() {
        use.restore(ANN, 0.4);
        var next = new RecentUse(Duration.ofHours(1), Duration.ofSeconds(10), T);
        use.shares().forEach(next::restore);
        assertThat(next.share(ANN)).isCloseTo(0.4, within(1e-9));
    }
}
