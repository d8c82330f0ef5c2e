package dev.stationmaster.experiments.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.experiments.statistics.Verdict.Kind;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class JudgeTest {
    private static final Arm BASE = arm("base", 10, 11, 9, 10.5, 9.5);

    private static Arm arm(String name, double... values) {
        var bySeed = new TreeMap<Long, Double>();
        for (int i = 0; i < values.length; i++) {
            bySeed.put((long) i + 1, values[i]);
        }
        return new Arm(name, bySeed, List.of(), true, false);
    }

    private static Judge judge(boolean maximize, Double minEffect) {
        return new Judge(0.95, maximize, minEffect, List.of(1L, 2L, 3L, 4L, 5L), true);
    }

    private static Verdict of(Judge judge, Arm... others) {
        var arms = new java.util.ArrayList<>(List.of(BASE));
        arms.addAll(List.of(others));
        return judge.judge(arms, "base").get(1).verdict();
    }

    @Test
    void direction_decides_who_wins() {
        Arm higher = arm("a", 12, 13.1, 11, 12.4, 11.6);
        assertThat(of(judge(true, null), higher).kind()).isEqualTo(Kind.WIN);
        assertThat(of(judge(false, null), higher).kind()).isEqualTo(Kind.LOSE);
    }

    @Test
    void noise_is_inconclusive_and_never_no_difference() {
        assertThat(of(judge(true, null), arm("a", 10.4, 10.2, 9.9, 9.8, 10.1)).kind())
                .isEqualTo(Kind.INCONCLUSIVE);
    }

    @Test
    void no_difference_needs_a_margin_or_equal_pairs() {
        Arm close = arm("a", 10.01, 11.02, 9.01, 10.5, 9.51);
        assertThat(of(judge(true, 0.1), close).kind()).isEqualTo(Kind.NO_DIFFERENCE);
        assertThat(of(judge(true, null), arm("a", 10, 11, 9, 10.5, 9.5)).kind()).isEqualTo(Kind.NO_DIFFERENCE);
    }

    @Test
    void a_missing_seed_a_broken_guardrail_and_a_mix_are_invalid() {
        assertThat(of(judge(true, null), arm("a", 12, 13.1, 11, 12.4)).rule()).contains("a has no value for seed 5");
        var broken = new Arm("a", BASE.values(), List.of("latency is 9, above 5."), true, false);
        assertThat(of(judge(true, null), broken)).isEqualTo(new Verdict(Kind.INVALID, "latency is 9, above 5."));
        var real = new Arm("a", BASE.values(), List.of(), false, true);
        assertThat(of(judge(true, null), real).kind()).isEqualTo(Kind.INVALID);
    }

    @Test
    void before_the_end_there_is_no_verdict() {
        var early = new Judge(0.95, true, null, List.of(1L, 2L, 3L, 4L, 5L), false);
        assertThat(of(early, arm("a", 12, 13.1, 11, 12.4, 11.6)).kind()).isEqualTo(Kind.INCONCLUSIVE);
    }

    @Test
    void one_repetition_decides_nothing() {
        var one = new Judge(0.95, true, null, List.of(1L), true);
        assertThat(one.judge(List.of(arm("base", 1), arm("a", 2)), "base")
                        .get(1)
                        .verdict()
                        .kind())
                .isEqualTo(Kind.INCONCLUSIVE);
    }

    @Test
    void more_variants_need_a_smaller_p() {
        Arm slight = arm("a", 10.3, 11.1, 9.4, 10.7, 9.5);
        Judge judge = judge(true, null);
        double alone = judge.judge(List.of(BASE, slight), "base").get(1).adjustedP();
        var among = judge.judge(
                List.of(BASE, slight, arm("b", 10.1, 10.9, 9.2, 10.4, 9.5), arm("c", 9.9, 11.3, 9, 10.3, 9.6)), "base");
        assertThat(among.get(1).difference().p()).isEqualTo(alone);
        assertThat(among.get(1).adjustedP()).isEqualTo(3 * alone);
    }
}
