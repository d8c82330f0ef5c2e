package dev.stationmaster.costs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.OffsetDateTime;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BudgetPeriodTest {
    @ParameterizedTest
    @CsvSource({
        "hour,  2026-03-14T09:26:53.589793Z, 2026-03-14T09:00Z, 2026-03-14T10:00Z",
        "hour,  2026-03-14T09:00:00Z,        2026-03-14T09:00Z, 2026-03-14T10:00Z",
        "hour,  2026-03-14T09:59:59.999999Z, 2026-03-14T09:00Z, 2026-03-14T10:00Z",
        "hour,  2026-03-14T04:45:00+05:45,   2026-03-13T23:00Z, 2026-03-14T00:00Z",
        "hour,  2026-12-31T23:30:00Z,        2026-12-31T23:00Z, 2027-01-01T00:00Z",
        "day,   2026-03-29T00:30:00Z,        2026-03-29T00:00Z, 2026-03-30T00:00Z",
        "day,   2026-03-29T23:00:00-05:00,   2026-03-30T00:00Z, 2026-03-31T00:00Z",
        "day,   2028-02-29T12:00:00Z,        2028-02-29T00:00Z, 2028-03-01T00:00Z",
        "month, 2027-02-28T23:59:59.999999Z, 2027-02-01T00:00Z, 2027-03-01T00:00Z",
        "month, 2028-02-29T23:59:59.999999Z, 2028-02-01T00:00Z, 2028-03-01T00:00Z",
        "month, 2026-12-31T23:59:59.999999Z, 2026-12-01T00:00Z, 2027-01-01T00:00Z",
        "month, 2027-01-01T01:00:00+02:00,   2026-12-01T00:00Z, 2027-01-01T00:00Z",
    })
    void periods_are_those_of_the_calendar_in_utc(String period, String time, String start, String end) {
        var of = BudgetPeriod.of(period);
        assertThat(of.start(OffsetDateTime.parse(time))).isEqualTo(OffsetDateTime.parse(start));
        assertThat(of.end(OffsetDateTime.parse(time))).isEqualTo(OffsetDateTime.parse(end));
    }
}
