package dev.stationmaster.jobs.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Lane;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LaneNameTest {
    @Test
    void a_lane_survives_being_a_name() {
        var lane = new Lane.Key(
                "team-a.urgent", UUID.randomUUID(), 42, "docker", 10, new Resources(1, 1L << 50, 8, 3), 4, 2);
        assertThat(LaneName.parse(LaneName.of(lane))).isEqualTo(lane);
    }

    @Test
    void every_difference_is_another_lane() {
        var owner = new UUID(1, 2);
        var lane = new Lane.Key("a", owner, 1, "process", 5, new Resources(1, 2, 3, 4), 1, 1);
        var others = java.util.List.of(
                new Lane.Key("b", owner, 1, "process", 5, new Resources(1, 2, 3, 4), 1, 1),
                new Lane.Key("a", new UUID(1, 3), 1, "process", 5, new Resources(1, 2, 3, 4), 1, 1),
                new Lane.Key("a", owner, 2, "process", 5, new Resources(1, 2, 3, 4), 1, 1),
                new Lane.Key("a", owner, 1, "docker", 5, new Resources(1, 2, 3, 4), 1, 1),
                new Lane.Key("a", owner, 1, "process", 6, new Resources(1, 2, 3, 4), 1, 1),
                new Lane.Key("a", owner, 1, "process", 5, new Resources(1, 2, 0, 4), 1, 1),
                new Lane.Key("a", owner, 1, "process", 5, new Resources(1, 2, 3, 4), 2, 1));
        assertThat(others.stream().map(LaneName::of)).doesNotHaveDuplicates().doesNotContain(LaneName.of(lane));
    }
}
