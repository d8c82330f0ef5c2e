package dev.stationmaster.agents.deployments;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Restarts: when, after which pause, and when not. */
class ReplicaLifeTest {
    private static World world(String policy) {
        var world = new World(1, new JsonObject().put("restart_policy", policy));
        world.look();
        world.submit();
        return world;
    }

    private static Replica ends(World world, String state) {
        world.put(world.replicas.get(0), state, null);
        world.look();
        return world.replicas.get(0);
    }

    @Test
    void the_pause_doubles_up_to_five_minutes() {
        assertThat(List.of(1, 2, 3, 4, 8, 9, 10, 1_000).stream()
                        .map(n -> Backoff.pause(n).toSeconds())
                        .toList())
                .containsExactly(1L, 2L, 4L, 8L, 128L, 256L, 300L, 300L);
    }

    @ParameterizedTest
    @CsvSource({
        "always,succeeded,RESTARTING",
        "always,failed,RESTARTING",
        "on_failure,succeeded,EXITED",
        "on_failure,failed,RESTARTING",
        "on_failure,cancelled,RESTARTING",
        "never,failed,EXITED",
        "never,succeeded,EXITED"
    })
    void the_restart_policy_decides(String policy, String end, ReplicaState then) {
        World world = world(policy);
        assertThat(ends(world, end).state()).isEqualTo(then);
        assertThat(world.look().made()).as("nothing takes its place").isEmpty();
    }

    @Test
    void without_a_check_it_is_healthy_after_a_moment() {
        World world = world("always");
        world.put(world.replicas.get(0), "running", null);
        world.look();
        assertThat(world.replicas.get(0).state()).isEqualTo(ReplicaState.STARTING);
        world.clock.advance(ReplicaLife.SETTLED);
        world.look();
        assertThat(world.replicas.get(0).state()).isEqualTo(ReplicaState.HEALTHY);
    }

    private static void healthyFor(World world, Duration time) {
        world.clock.advance(Backoff.MOST);
        world.submit();
        world.put(world.replicas.get(0), "running", true);
        world.clock.advance(ReplicaLife.SETTLED);
        world.look();
        world.clock.advance(time);
    }

    @Test
    void failures_are_forgotten_after_ten_minutes_of_health_and_not_before() {
        World world = world("always");
        assertThat(ends(world, "failed").failures()).isEqualTo(1);
        healthyFor(world, Duration.ofMinutes(9));
        world.look();
        Replica second = ends(world, "failed");
        assertThat(second.failures()).isEqualTo(2);
        assertThat(second.state()).isEqualTo(ReplicaState.CRASH_LOOP);
        assertThat(second.startAt()).isEqualTo(world.clock.utc().plusSeconds(2));
        healthyFor(world, Backoff.FORGIVEN);
        world.look();
        assertThat(world.replicas.get(0).failures()).isZero();
        assertThat(ends(world, "failed").failures()).isEqualTo(1);
    }

    @Test
    void health_that_nobody_looked_at_in_between_counts_too() {
        World world = world("always");
        ends(world, "failed");
        healthyFor(world, Backoff.FORGIVEN);
        assertThat(ends(world, "failed").failures()).isEqualTo(1);
    }

    @Test
    void a_job_that_vanished_counts_as_a_failure() {
        World world = world("on_failure");
        world.jobs.clear();
        world.look();
        assertThat(world.replicas.get(0).message()).startsWith("Its job is gone.");
        assertThat(world.replicas.get(0).failures()).isEqualTo(1);
    }

    @Test
    void a_refusal_that_passes_is_no_failure_and_another_is() {
        World world = new World(1, new JsonObject());
        world.look();
        Replica r = world.replicas.get(0);
        var now = world.clock.utc();
        Replica waits = ReplicaLife.refused(r, "The budget is spent.", true, now);
        assertThat(waits.failures()).isZero();
        assertThat(waits.state()).isEqualTo(ReplicaState.PENDING);
        assertThat(waits.startAt()).isEqualTo(now.plus(ReplicaLife.TRY_AGAIN));
        Replica twice = ReplicaLife.refused(ReplicaLife.refused(r, "no", false, now), "no", false, now);
        assertThat(twice.failures()).isEqualTo(2);
        assertThat(twice.state()).isEqualTo(ReplicaState.CRASH_LOOP);
        assertThat(twice.incarnation()).isEqualTo(1);
    }
}
