package dev.stationmaster.platform.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantityTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "2, 2",
        "0.5, 0.5",
        "500m, 0.5",
        "1.5k, 1500",
        "20G, 20000000000",
        "4Gi, 4294967296",
        "0.5Gi, 536870912",
        "1Ki, 1024",
        "1Mi, 1048576",
        "1Ti, 1099511627776",
        "1Pi, 1125899906842624",
        "3P, 3000000000000000",
        "2T, 2000000000000",
        "7M, 7000000"
    })
    void kubernetes_quantities_are_read(String text, BigDecimal amount) {
        assertThat(Quantity.parse(text)).isEqualByComparingTo(amount);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " 1",
                "1 ",
                "-1",
                "+1",
                "1e3",
                "1,5",
                ".5",
                "1.",
                "Gi",
                "1gi",
                "1K",
                "1 Gi",
                "١",
                "0x10",
                "1234567890123"
            })
    void anything_else_is_refused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Quantity.parse(text));
    }

    @Test
    void parts_round_up_because_less_would_not_do() {
        assertThat(Quantity.parseMillis("0.0001")).isEqualTo(1);
        assertThat(Quantity.parseMillis("2.5")).isEqualTo(2_500);
        assertThat(Quantity.parseWhole("500m")).isEqualTo(1);
        assertThat(Quantity.parseWhole("1.5Ki")).isEqualTo(1_536);
    }

    @Test
    void what_no_long_can_hold_is_refused() {
        assertThatThrownBy(() -> Quantity.parseWhole("999999999999Pi")).isInstanceOf(ArithmeticException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1, 1",
        "1023, 1023",
        "1024, 1Ki",
        "1536, 1536",
        "4294967296, 4Gi",
        "5368709120, 5Gi",
        "1099511627776, 1Ti",
        "20000000000, 19531250Ki",
        "1125899906842624, 1Pi"
    })
    void bytes_have_the_shortest_exact_form(long bytes, String text) {
        assertThat(Quantity.ofBytes(bytes)).isEqualTo(text);
        assertThat(Quantity.parseWhole(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1m", "500, 500m", "1000, 1", "1500, 1500m", "64000, 64"})
    void millis_go_both_ways(long millis, String text) {
        assertThat(Quantity.ofMillis(millis)).isEqualTo(text);
        assertThat(Quantity.parseMillis(text)).isEqualTo(millis);
    }
}
