package dev.stationmaster.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricLineTest {
    private static MetricLine parse(String line) {
        return MetricLine.parse(line).orElseThrow(() -> new AssertionError("ordinary log: " + line));
    }

    @Test
    void reads_values_and_progress() {
        MetricLine point =
                parse("  {\"metrics\":{\"loss\":0.25,\"epoch\":3,\"x y\":-1e-3},\"step\":3,\"total_steps\":10} \r");
        assertThat(point.metrics().getDouble("loss")).isEqualTo(0.25);
        assertThat(point.metrics().getDouble("epoch")).isEqualTo(3.0);
        assertThat(point.metrics().getDouble("x y")).isEqualTo(-0.001);
        assertThat(point.step()).isEqualTo(3);
        assertThat(point.totalSteps()).isEqualTo(10);
        assertThat(point.notFinite()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"NaN", "Infinity", "-Infinity", "1e999", "-1e999"})
    void values_that_are_not_finite_are_unknown_and_noticed(String value) {
        MetricLine point = parse("{\"metrics\":{\"loss\":" + value + ",\"ok\":1}}");
        assertThat(point.metrics().containsKey("loss")).isTrue();
        assertThat(point.metrics().getValue("loss")).isNull();
        assertThat(point.metrics().getDouble("ok")).isEqualTo(1.0);
        assertThat(point.notFinite()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"0.5\"", "true", "null", "{\"deep\":1}", "[1,2]", "\"NaN\""})
    void values_of_another_type_are_unknown(String value) {
        MetricLine point = parse("{\"metrics\":{\"loss\":" + value + "}}");
        assertThat(point.metrics().getValue("loss")).isNull();
        assertThat(point.notFinite()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "epoch 1 loss 0.5",
                "{}",
                "{\"metric\":{\"loss\":1}}",
                "{\"metrics\":{}}",
                "{\"metrics\":[1]}",
                "{\"metrics\":\"none\"}",
                "{\"metrics\":null}",
                "{\"metrics\":{\"loss\":1}",
                "{\"metrics\":{\"loss\":}}",
                "{'metrics':{'loss':1}}",
                "[{\"metrics\":{\"loss\":1}}]",
                "{\"note\":\"the \\\"metrics\\\" are late\"}"
            })
    void anything_else_is_ordinary_log(String line) {
        assertThat(MetricLine.parse(line)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"3\"", "-1", "null", "{}", "1e40", "99999999999999999999"})
    void a_step_that_is_no_count_is_unknown(String step) {
        assertThat(parse("{\"metrics\":{\"a\":1},\"step\":" + step + "}").step())
                .isNull();
    }

    @Test
    void huge_lines_are_ordinary_log() {
        String line = "{\"metrics\":{\"a\":1},\"note\":\"" + "x".repeat(70_000) + "\"}";
        assertThat(MetricLine.parse(line)).isEmpty();
    }

    @Test
    void nesting_to_the_bottom_of_the_stack_is_ordinary_log() {
        String line = "{\"metrics\":" + "{\"a\":".repeat(10_000);
        assertThat(MetricLine.parse(line)).isEmpty();
    }

    @Test
    void a_long_number_does_not_take_long() {
        MetricLine.parse("{\"metrics\":{\"a\":" + "9".repeat(60_000) + "}}")
                .ifPresent(point -> assertThat(point.metrics().getValue("a")).isNull());
    }

    @Test
    void names_that_postgres_cannot_store_or_nobody_reads_are_left_out() {
        MetricLine point = parse("{\"metrics\":{\"a\\u0000b\":1,\"" + "n".repeat(101) + "\":1,\"ok\":2}}");
        assertThat(point.metrics().fieldNames()).containsExactly("ok");
    }
}
