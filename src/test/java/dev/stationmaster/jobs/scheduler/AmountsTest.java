package dev.stationmaster.jobs.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AmountsTest {
    private static final Amounts SOME = new Amounts(2000, 10, 1, 5, 1);

    @Test
    void noLimitStaysNoLimitWhateverIsAddedOrTaken() {
        assertThat(Amounts.NO_LIMIT.minus(SOME)).isEqualTo(Amounts.NO_LIMIT);
        assertThat(Amounts.NO_LIMIT.plus(SOME)).isEqualTo(Amounts.NO_LIMIT);
        assertThat(Amounts.NO_LIMIT.times(3)).isEqualTo(Amounts.NO_LIMIT);
    }

    @Test
    void addsTakesAndMultipliesFieldByField() {
        assertThat(SOME.plus(SOME)).isEqualTo(SOME.times(2));
        assertThat(SOME.minus(SOME)).isEqualTo(Amounts.NONE);
    }

    @Test
    void fitsOnlyIfEachFieldDoes() {
        assertThat(SOME.fitsIn(SOME)).isTrue();
        assertThat(SOME.fitsIn(new Amounts(2000, 10, 0, 5, 1))).isFalse();
    }

    @Test
    void namesTheFirstResourceThatIsLacking() {
        assertThat(SOME.excess(SOME)).isEmpty();
        assertThat(SOME.excess(new Amounts(2000, 9, 0, 5, 1))).isEqualTo("memory");
        assertThat(SOME.excess(new Amounts(2000, 10, 1, 5, 0))).isEqualTo("jobs at once");
    }

    @Test
    void whatIsNotAskedForIsNotLackingEvenWhereLessThanNothingIsLeft() {
        var noGpu = new Amounts(2000, 10, 0, 0, 1);
        assertThat(noGpu.excess(new Amounts(2000, 10, -1, -5, 1))).isEmpty();
    }

    @Test
    void theDominantShareIsTheLargestOfCpuMemoryAndGpu() {
        var whole = new Amounts(8000, 100, 4, 5, 1);
        assertThat(SOME.dominantShare(whole)).isEqualTo(0.25);
        assertThat(new Amounts(0, 50, 1, 0, 0).dominantShare(whole)).isEqualTo(0.5);
        assertThat(SOME.dominantShare(Amounts.NONE)).isZero();
    }
}
