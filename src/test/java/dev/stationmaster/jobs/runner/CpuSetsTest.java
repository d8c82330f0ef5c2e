package dev.stationmaster.jobs.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CpuSetsTest {
    @Test
    void each_gets_as_many_cores_as_it_asked_for_and_those_given_away_least() {
        var sets = new CpuSets(List.of(0, 1, 2, 3));
        assertThat(sets.take("a", 2_000)).contains("0,1");
        assertThat(sets.take("b", 1_500)).contains("2,3");
        assertThat(sets.take("c", 100)).contains("0");
        sets.giveBack("b");
        sets.giveBack("b");
        assertThat(sets.take("d", 1_000)).contains("2");
        assertThat(sets.take("all", 4_000)).isEmpty();
        assertThat(sets.take("more", 64_000)).isEmpty();
    }

    @Test
    void one_core_is_never_limited() {
        assertThat(new CpuSets(List.of(5)).take("a", 100)).isEmpty();
    }

    @Test
    void lists_of_the_kernel_are_read() {
        assertThat(CpuSets.parse("0-3,8\n")).containsExactly(0, 1, 2, 3, 8);
        assertThat(CpuSets.parse("7")).containsExactly(7);
    }
}
