package dev.stationmaster.experiments.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Against published figures: Student's sleep data (1908) and Holm's procedure, both as R computes them. */
class StatisticsTest {
    private static final double[] DRUG_1 = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
    private static final double[] DRUG_2 = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
    private static final Offset<Double> CLOSE = within(1e-6);

    @Test
    void the_mean_and_its_interval_are_those_of_the_textbook() {
        Summary s = Summary.of(DRUG_1, 0.95);
        assertThat(s.mean()).isCloseTo(0.75, CLOSE);
        assertThat(s.sd()).isCloseTo(1.789010, CLOSE);
        assertThat(s.interval().low()).isCloseTo(-0.5297804, CLOSE);
        assertThat(s.interval().high()).isCloseTo(2.0297804, CLOSE);
    }

    @Test
    void the_paired_t_test_of_the_sleep_data() {
        PairedDifference d = PairedDifference.of(DRUG_1, DRUG_2, 0.95);
        assertThat(d.mean()).isCloseTo(-1.58, CLOSE);
        assertThat(d.p()).isCloseTo(0.002832890, CLOSE);
        assertThat(d.interval().low()).isCloseTo(-2.4598858, CLOSE);
        assertThat(d.interval().high()).isCloseTo(-0.7001142, CLOSE);
        // d = t / sqrt(n) = -4.062128 / sqrt(10) = -1.284558; times 1 - 3/35
        assertThat(d.effect()).isCloseTo(-1.284558 * (1 - 3.0 / 35), CLOSE);
        double half = 1.959964 * Math.sqrt(0.1 + d.effect() * d.effect() / 20);
        assertThat(d.effectInterval().low()).isCloseTo(d.effect() - half, CLOSE);
        assertThat(d.effectInterval().high()).isCloseTo(d.effect() + half, CLOSE);
    }

    @Test
    void holm_as_p_adjust_of_r() {
        assertThat(Holm.adjust(0.01, 0.04, 0.03, 0.005)).containsExactly(new double[] {0.03, 0.06, 0.06, 0.02}, CLOSE);
        assertThat(Holm.adjust(0.5, 0.9)).containsExactly(new double[] {1, 1}, CLOSE);
        assertThat(Holm.adjust()).isEmpty();
    }

    @Test
    void without_spread_there_is_no_effect_size_and_no_division_by_zero() {
        PairedDifference equal = PairedDifference.of(new double[] {1, 2, 3}, new double[] {1, 2, 3}, 0.95);
        assertThat(equal.p()).isEqualTo(1);
        assertThat(equal.effect()).isNull();
        PairedDifference shifted = PairedDifference.of(new double[] {2, 3, 4}, new double[] {1, 2, 3}, 0.95);
        assertThat(shifted.p()).isZero();
        assertThat(shifted.effect()).isNull();
    }

    @Test
    void one_value_has_no_interval_and_none_has_no_mean() {
        assertThat(Summary.of(new double[] {3}, 0.95)).isEqualTo(new Summary(1, 3.0, null, null));
        assertThat(Summary.of(new double[0], 0.95)).isEqualTo(new Summary(0, null, null, null));
        assertThat(PairedDifference.of(new double[] {3}, new double[] {2}, 0.95).p())
                .isNull();
    }
}
