package dev.stationmaster.agents.deployments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.agents.deployments.Autoscaler.Measured;
import dev.stationmaster.agents.deployments.Autoscaler.Recommendation;
import dev.stationmaster.testing.ManualClock;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many replicas a policy wants. */
class AutoscalerTest {
    private static final OffsetDateTime NOW = ManualClock.START.atOffset(ZoneOffset.UTC);

    private static ScalingPolicy policy(JsonObject more, OffsetDateTime scaledAt) {
        var body = new JsonObject()
                .put("min", 1)
                .put("max", 20)
                .put("metric", "custom")
                .put("metric_name", "load")
                .put("target", 10.0)
                .mergeIn(more);
        return new ScalingPolicy(7, ScalingPolicy.read(body), 1, null, scaledAt, "ann", NOW);
    }

    private static ScalingDecision decide(
            JsonObject more, OffsetDateTime scaledAt, int current, double value, Recommendation... history) {
        ScalingPolicy p = policy(more, scaledAt);
        return Autoscaler.decide(p, current, Measured.average(value, current, p.target()), List.of(history), NOW);
    }

    @ParameterizedTest
    @CsvSource({"4,20,8", "4,10,4", "4,10.9,4", "4,11.1,5", "4,9.1,4", "4,5,2", "3,0,0", "1,15,2"})
    void the_ratio_decides_with_a_tolerance_of_ten_percent(int current, double value, int desired) {
        assertThat(Autoscaler.desired(Measured.average(value, current, 10), current))
                .isEqualTo(desired);
    }

    @ParameterizedTest
    @CsvSource({"0,0,0", "0,1,1", "0,10,1", "0,11,2", "5,100,10", "5,0,0", "10,95,10"})
    void a_total_is_shared_out_even_among_none(int current, double waiting, int desired) {
        assertThat(Autoscaler.desired(Measured.total(waiting, 10), current)).isEqualTo(desired);
    }

    @Test
    void it_grows_at_once_and_shrinks_by_the_most_of_the_window() {
        assertThat(decide(new JsonObject(), null, 2, 30)).isEqualTo(new ScalingDecision(30.0, 2, 6, 6, null));
        ScalingDecision held = decide(new JsonObject(), null, 6, 5, new Recommendation(NOW.minusSeconds(299), 6));
        assertThat(held).isEqualTo(new ScalingDecision(5.0, 6, 3, 6, "stabilization"));
        assertThat(decide(new JsonObject(), null, 6, 5, new Recommendation(NOW.minusSeconds(299), 4))
                        .applied())
                .isEqualTo(4);
        assertThat(decide(new JsonObject(), null, 6, 5, new Recommendation(NOW.minusSeconds(300), 6)))
                .isEqualTo(new ScalingDecision(5.0, 6, 3, 3, null));
    }

    @Test
    void a_window_for_up_takes_the_least() {
        var window = new JsonObject().put("stabilization_up_seconds", 60);
        assertThat(decide(window, null, 2, 30, new Recommendation(NOW.minusSeconds(30), 3)))
                .isEqualTo(new ScalingDecision(30.0, 2, 6, 3, "stabilization"));
        assertThat(decide(window, null, 2, 30, new Recommendation(NOW.minusSeconds(61), 3))
                        .applied())
                .isEqualTo(6);
    }

    @Test
    void steps_bounds_and_cooldown_hold_it() {
        assertThat(decide(new JsonObject().put("step_up", 2), null, 2, 100))
                .isEqualTo(new ScalingDecision(100.0, 2, 20, 4, "step_limit"));
        assertThat(decide(new JsonObject().put("step_down", 1), null, 6, 1))
                .isEqualTo(new ScalingDecision(1.0, 6, 1, 5, "step_limit"));
        assertThat(decide(new JsonObject().put("max", 5), null, 2, 100))
                .isEqualTo(new ScalingDecision(100.0, 2, 20, 5, "max"));
        assertThat(decide(new JsonObject().put("min", 2), null, 4, 0))
                .isEqualTo(new ScalingDecision(0.0, 4, 0, 2, "min"));
        var cooldown = new JsonObject().put("cooldown_seconds", 60);
        assertThat(decide(cooldown, NOW.minusSeconds(59), 2, 100))
                .isEqualTo(new ScalingDecision(100.0, 2, 20, 2, "cooldown"));
        assertThat(decide(cooldown, NOW.minusSeconds(60), 2, 100).applied()).isEqualTo(20);
    }

    @Test
    void what_is_not_measured_never_scales_but_the_bounds_do() {
        ScalingPolicy p = policy(new JsonObject().put("min", 2), null);
        assertThat(Autoscaler.decide(p, 3, Measured.NOTHING, List.of(), NOW))
                .isEqualTo(new ScalingDecision(null, 3, null, 3, "no_data"));
        assertThat(Autoscaler.decide(p, 1, Measured.NOTHING, List.of(), NOW))
                .isEqualTo(new ScalingDecision(null, 1, null, 2, "min"));
        assertThat(Autoscaler.desired(new Measured(1.0, Double.NaN), 3)).isNull();
        assertThat(Autoscaler.desired(new Measured(1.0, -1.0), 3)).isNull();
    }

    @Test
    void whatever_comes_it_stays_within_bounds_and_steps_and_says_what_held_it() {
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            int current = 2 + random.nextInt(10);
            var history = new ArrayList<Recommendation>();
            for (int n = random.nextInt(5); n > 0; n--) {
                history.add(new Recommendation(NOW.minusSeconds(random.nextInt(600)), random.nextInt(30)));
            }
            var more = new JsonObject()
                    .put("min", 2)
                    .put("max", 12)
                    .put("step_up", 3)
                    .put("step_down", 2);
            ScalingDecision d =
                    decide(more, null, current, random.nextDouble() * 60, history.toArray(new Recommendation[0]));
            assertThat(d.applied()).isBetween(2, 12).isBetween(current - 2, current + 3);
            assertThat(d.heldBy() == null)
                    .as(d.toString())
                    .isEqualTo(Integer.valueOf(d.applied()).equals(d.desired()));
            assertThat(d.message()).isNotBlank();
        }
    }
}
