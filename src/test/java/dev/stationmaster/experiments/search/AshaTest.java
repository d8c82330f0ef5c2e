package dev.stationmaster.experiments.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AshaTest {
    private final Asha asha = new Asha(1, 27, 3, false);

    @Test
    void rungs_grow_by_the_factor_and_end_before_the_end() {
        assertThat(asha.rungs()).containsExactly(1L, 3L, 9L);
        assertThat(new Asha(5, 5, 2, true).rungs()).isEmpty();
        assertThat(new Asha(1, Long.MAX_VALUE, 10, true).rungs()).hasSize(19);
    }

    @Test
    void the_first_on_a_rung_goes_on_and_later_ones_must_be_among_the_best_third() {
        assertThat(asha.goesOn(5, List.of())).isTrue();
        assertThat(asha.goesOn(6, List.of(5.0))).isFalse();
        assertThat(asha.goesOn(4, List.of(5.0))).isTrue();
        List<Double> five = List.of(1.0, 2.0, 3.0, 4.0, 5.0);
        assertThat(asha.goesOn(1.5, five)).as("second of six").isTrue();
        assertThat(asha.goesOn(2.5, five)).as("third of six").isFalse();
        assertThat(asha.goesOn(2.0, five)).as("equal to the second").isTrue();
    }

    @Test
    void direction_turns_the_order() {
        var up = new Asha(1, 27, 3, true);
        assertThat(up.goesOn(6, List.of(5.0))).isTrue();
        assertThat(up.goesOn(4, List.of(5.0))).isFalse();
    }

    /** In a random order about one in three goes on, plus the early ones. */
    @Test
    void about_one_in_factor_goes_on() {
        var random = new SplittableRandom(7);
        var seen = new ArrayList<Double>();
        int on = 0;
        for (int i = 0; i < 3_000; i++) {
            double value = random.nextDouble();
            on += asha.goesOn(value, seen) ? 1 : 0;
            seen.add(value);
        }
        assertThat(on).isBetween(950, 1_060);
    }

    @Test
    void nonsense_is_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Asha(10, 5, 3, true));
        assertThatIllegalArgumentException().isThrownBy(() -> new Asha(1, 5, 1, true));
    }
}
