package dev.stationmaster.jobs.runner.health;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** From single looks to a verdict. */
class HealthJudgeTest {
    @Test
    void so_many_in_a_row_change_the_verdict_and_only_then() {
        var judge = new HealthJudge(3, 2);
        assertThat(judge.saw(true)).isEmpty();
        assertThat(judge.saw(true)).contains(true);
        assertThat(judge.saw(true)).isEmpty();
        assertThat(judge.saw(false)).isEmpty();
        assertThat(judge.saw(false)).isEmpty();
        assertThat(judge.saw(true)).isEmpty();
        assertThat(judge.saw(false)).isEmpty();
        assertThat(judge.saw(false)).isEmpty();
        assertThat(judge.saw(false)).contains(false);
        assertThat(judge.saw(false)).isEmpty();
        assertThat(judge.saw(true)).isEmpty();
        assertThat(judge.saw(true)).contains(true);
    }

    @Test
    void a_first_failure_is_a_verdict_too() {
        assertThat(new HealthJudge(1, 1).saw(false)).contains(false);
    }
}
