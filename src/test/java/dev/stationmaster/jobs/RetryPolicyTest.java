package dev.stationmaster.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
    private static RetryPolicy with(double random) {
        return new RetryPolicy(Duration.ofSeconds(5), Duration.ofMinutes(10), () -> random);
    }

    @Test
    void doubles_from_the_first_pause() {
        assertThat(with(0.5).pause(1)).isEqualTo(Duration.ofSeconds(5));
        assertThat(with(0.5).pause(2)).isEqualTo(Duration.ofSeconds(10));
        assertThat(with(0.5).pause(5)).isEqualTo(Duration.ofSeconds(80));
    }

    @Test
    void never_exceeds_the_longest_pause_by_more_than_the_jitter() {
        for (int failures : new int[] {8, 31, 64, 1_000, Integer.MAX_VALUE}) {
            assertThat(with(0.5).pause(failures)).isEqualTo(Duration.ofMinutes(10));
            assertThat(with(1).pause(failures)).isEqualTo(Duration.ofMinutes(12));
        }
    }

    @Test
    void jitter_is_a_fifth_either_way() {
        assertThat(with(0).pause(1)).isEqualTo(Duration.ofSeconds(4));
        assertThat(with(1).pause(1)).isEqualTo(Duration.ofSeconds(6));
    }

    @Test
    void a_first_pause_longer_than_the_longest_is_cut() {
        var policy = new RetryPolicy(Duration.ofHours(1), Duration.ofMinutes(1), () -> 0.5);
        assertThat(policy.pause(1)).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void no_failures_pause_like_one() {
        assertThat(with(0.5).pause(0)).isEqualTo(Duration.ofSeconds(5));
    }
}
