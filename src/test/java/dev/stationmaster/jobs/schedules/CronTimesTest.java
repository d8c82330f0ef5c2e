package dev.stationmaster.jobs.schedules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class CronTimesTest {
    private static String next(String cron, String zone, String after) {
        return CronTimes.next(cron, zone, Instant.parse(after))
                .map(time -> time.toInstant().toString())
                .orElse("never");
    }

    @Test
    void the_next_time_is_that_of_the_zone() {
        assertThat(next("30 6 * * *", "UTC", "2026-01-01T06:30:00Z")).isEqualTo("2026-01-02T06:30:00Z");
        assertThat(next("30 6 * * *", "Europe/Berlin", "2026-01-01T00:00:00Z")).isEqualTo("2026-01-01T05:30:00Z");
        assertThat(next("30 6 * * *", "Europe/Berlin", "2026-07-01T00:00:00Z")).isEqualTo("2026-07-01T04:30:00Z");
        assertThat(next("0 0 * * 1", "UTC", "2026-11-20T12:00:00Z")).isEqualTo("2026-11-23T00:00:00Z");
        assertThat(next("*/15 * * * *", "UTC", "2026-11-20T12:14:59Z")).isEqualTo("2026-11-20T12:15:00Z");
    }

    @Test
    void a_time_that_summer_time_skips_is_not_lost_for_the_day() {
        String first = next("30 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z");
        assertThat(Instant.parse(first))
                .isBetween(Instant.parse("2026-03-29T01:00:00Z"), Instant.parse("2026-03-30T00:30:00Z"));
    }

    @Test
    void nonsense_says_what_is_wrong() {
        for (String cron : new String[] {"", "every day", "61 * * * *", "* * * *", "* * 32 * *"}) {
            assertThatIllegalArgumentException().as(cron).isThrownBy(() -> next(cron, "UTC", "2026-01-01T00:00:00Z"));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> next("* * * * *", "Mars/Olympus", "2026-01-01T00:00:00Z"))
                .withMessageContaining("Mars/Olympus");
        assertThat(next("0 0 30 2 *", "UTC", "2026-01-01T00:00:00Z")).isEqualTo("never");
    }
}
