package dev.stationmaster.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.RunTimes.Case;
import dev.stationmaster.jobs.RunTimes.Quantiles;
import dev.stationmaster.jobs.StartEstimate.OfLane;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.jobs.scheduler.Running;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StartEstimateTest {
    private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

    private static List<Instant> at(int... minutes) {
        return java.util.Arrays.stream(minutes)
                .mapToObj(m -> NOON.plus(Duration.ofMinutes(m)))
                .toList();
    }

    @Test
    void jobs_far_behind_follow_at_the_pace_of_those_before() {
        var lane = new OfLane(at(0, 5, 10), at(0, 10, 20), at(0, 20, 40));
        StartEstimate fourth = lane.at(3);
        assertThat(fourth.earliest()).isEqualTo(at(15).get(0));
        assertThat(fourth.likely()).isEqualTo(at(30).get(0));
        assertThat(fourth.latest()).isEqualTo(at(60).get(0));
        assertThat(lane.at(102).likely()).isEqualTo(at(1020).get(0));
    }

    @Test
    void what_was_not_foreseen_is_unknown() {
        assertThat(new OfLane(at(), at(), at()).at(0)).isNull();
        assertThat(new OfLane(at(0), at(5), at(7)).at(1)).isNull(); // one start has no pace
        assertThat(new OfLane(at(0, 0), at(0, 0), at(0, 0)).at(2)).isNull();
        assertThat(new OfLane(at(0), at(5), at()).at(0).latest()).isNull();
    }

    @Test
    void bounds_are_bounds_where_longer_jobs_let_another_pass() {
        StartEstimate estimate = new OfLane(at(8), at(5), at(3)).at(0);
        assertThat(estimate).isEqualTo(new StartEstimate(at(5).get(0), at(5).get(0), at(5).get(0)));
    }

    @Test
    void it_survives_the_index_and_grows_old_there() {
        var lane = new OfLane(at(1), at(2), at(3));
        assertThat(OfLane.parse(lane.text(NOON), NOON)).isEqualTo(lane);
        assertThat(OfLane.parse(lane.text(NOON), NOON.plusMillis(1))).isNull();
    }

    @Test
    void what_outlives_its_expected_time_goes_on_for_a_part_of_its_age() {
        var lane = new Lane.Key("default", new UUID(0, 1), 7, "process", 5, Resources.NONE, 1, 1);
        var times = new RunTimes(Map.of(
                        7L, new Quantiles(Duration.ofMinutes(1), Duration.ofMinutes(10), Duration.ofMinutes(60))))
                .assuming(Case.MEDIAN, NOON);
        assertThat(times.of(lane)).isEqualTo(Duration.ofMinutes(10));
        assertThat(Stream.of(4, 40)
                        .map(age -> times.left(new Running(
                                new UUID(0, 2),
                                lane,
                                Map.of("w", 1),
                                NOON.minus(Duration.ofMinutes(age)),
                                false,
                                Duration.ZERO,
                                null))))
                .containsExactly(Duration.ofMinutes(6), Duration.ofMinutes(10));
        var other = new Lane.Key("default", new UUID(0, 1), 8, "process", 5, Resources.NONE, 1, 1);
        assertThat(times.of(other)).isNull();
    }
}
