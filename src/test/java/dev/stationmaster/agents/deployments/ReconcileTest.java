package dev.stationmaster.agents.deployments;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What one look at a deployment changes. */
class ReconcileTest {
    private static JsonObject checked(int surge, int unavailable) {
        return new JsonObject()
                .put("health_check", new JsonObject().put("type", "tcp"))
                .put(
                        "rolling_update",
                        new JsonObject()
                                .put("max_surge", surge)
                                .put("max_unavailable", unavailable)
                                .put("healthy_within_seconds", 60));
    }

    private static World settled(int wanted) {
        var world = new World(wanted, checked(1, 0));
        world.settle();
        return world;
    }

    @Test
    void a_new_deployment_gets_its_replicas_and_is_proven_when_all_are_healthy() {
        World world = settled(3);
        assertThat(world.replicas).hasSize(3).allMatch(Rollout::healthy);
        assertThat(world.target().state()).isEqualTo(RolloutState.HEALTHY);
        assertThat(world.target().proven()).isTrue();
        assertThat(world.events).extracting(DeploymentEvent::kind).contains("replica_healthy", "rollout_done");
        assertThat(world.look().none()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"1,0", "0,1", "2,1", "0,3", "3,0"})
    void a_rollout_keeps_its_bounds_whatever_happens_in_which_order(int surge, int unavailable) {
        for (int seed = 0; seed < 40; seed++) {
            var random = new Random(seed);
            var world = new World(3, checked(surge, unavailable));
            world.settle();
            world.roll(checked(surge, unavailable));
            for (int i = 0; i < 400 && world.target().state() == RolloutState.ROLLING; i++) {
                world.chance(random, -1);
                world.look();
                assertThat(world.healthy()).as("seed " + seed).isGreaterThanOrEqualTo(3 - unavailable);
                assertThat(world.replicas.stream()
                                .filter(r -> r.state() != ReplicaState.DRAINING)
                                .count())
                        .isLessThanOrEqualTo(3 + surge);
            }
            world.settle();
            assertThat(world.replicas).hasSize(3).allMatch(r -> r.template() == 2 && Rollout.healthy(r));
            assertThat(world.revisions.get(1).state()).isEqualTo(RolloutState.HEALTHY);
        }
    }

    @Test
    void a_revision_that_never_gets_healthy_is_rolled_back_and_nothing_healthy_was_given_up() {
        for (int seed = 0; seed < 40; seed++) {
            var random = new Random(seed);
            World world = settled(3);
            List<Replica> good = List.copyOf(world.replicas);
            world.roll(checked(1, 0));
            for (int i = 0; i < 5_000 && world.deployment.revision() == 2; i++) {
                world.chance(random, 2);
                world.look();
                assertThat(world.healthy()).isGreaterThanOrEqualTo(3);
            }
            assertThat(world.revisions.get(1).state()).isEqualTo(RolloutState.FAILED);
            assertThat(world.revisions.get(1).reason()).isIn("crash_loop", "not_healthy_in_time");
            world.settle();
            Revision back = world.target();
            assertThat(back.revision()).isEqualTo(3);
            assertThat(back.rollbackTo()).isEqualTo(1);
            assertThat(back.agentVersion()).isEqualTo("1.1");
            assertThat(back.createdBy()).isEqualTo(Reconcile.ITSELF);
            assertThat(back.state()).isEqualTo(RolloutState.HEALTHY);
            assertThat(world.replicas)
                    .extracting(Replica::id)
                    .containsExactlyElementsOf(good.stream().map(Replica::id).toList());
        }
    }

    @Test
    void a_first_revision_that_fails_goes_on_trying_and_may_still_succeed() {
        var world = new World(1, checked(1, 0));
        for (int i = 0; i < 20; i++) {
            world.look();
            world.submit();
            world.replicas.stream().filter(r -> r.jobId() != null).forEach(r -> world.put(r, "failed", null));
            world.clock.advance(Duration.ofSeconds(2));
        }
        assertThat(world.target().state()).isEqualTo(RolloutState.FAILED);
        assertThat(world.target().reason()).isEqualTo("crash_loop");
        assertThat(world.replicas.get(0).state()).isEqualTo(ReplicaState.CRASH_LOOP);
        world.clock.advance(Backoff.MOST);
        world.settle();
        assertThat(world.target().state()).isEqualTo(RolloutState.HEALTHY);
    }

    @Test
    void what_was_healthy_once_is_not_rolled_back_when_it_fails_later() {
        World world = settled(1);
        world.roll(checked(1, 0));
        world.settle();
        Revision again = world.revisions.get(0).again(3, "ann", world.clock.utc());
        world.revisions.add(again);
        world.become(DeploymentState.ACTIVE, 3, 1);
        world.look();
        world.clock.advance(Duration.ofSeconds(61));
        Changes changes = world.look();
        assertThat(changes.next()).isNull();
        assertThat(world.target().reason()).isEqualTo("not_healthy_in_time");
    }

    @Test
    void scaling_down_takes_what_serves_nobody_first() {
        World world = settled(3);
        Replica sick = world.replicas.get(0);
        world.put(sick, "running", false);
        world.look();
        assertThat(world.replica(sick.id()).state()).isEqualTo(ReplicaState.UNHEALTHY);
        world.become(DeploymentState.ACTIVE, 1, 2);
        world.look();
        assertThat(world.replica(sick.id()).state()).isEqualTo(ReplicaState.DRAINING);
        assertThat(world.healthy()).isEqualTo(2);
        world.settle();
        assertThat(world.replicas).hasSize(2);
    }

    @Test
    void a_stopped_deployment_drains_all_and_ends() {
        World world = settled(2);
        world.become(DeploymentState.STOPPING, 1, 2);
        world.look();
        assertThat(world.replicas).allMatch(r -> r.state() == ReplicaState.DRAINING);
        world.stop();
        world.look();
        assertThat(world.replicas).isEmpty();
        assertThat(world.deployment.state()).isEqualTo(DeploymentState.STOPPED);
        assertThat(world.target().state()).isEqualTo(RolloutState.STOPPED);
        assertThat(world.look().none()).isTrue();
    }

    @Test
    void an_unhealthy_replica_is_stopped_and_started_again() {
        World world = settled(1);
        world.put(world.replicas.get(0), "running", false);
        world.look();
        assertThat(world.look().none()).as("it waits for the end of its job").isTrue();
        world.stop();
        world.look();
        Replica again = world.replicas.get(0);
        assertThat(again.state()).isEqualTo(ReplicaState.RESTARTING);
        assertThat(again.incarnation()).isEqualTo(2);
        assertThat(again.jobId()).isNull();
        world.settle();
        assertThat(world.replicas.get(0).restarts()).isEqualTo(1);
        assertThat(world.healthy()).isEqualTo(1);
    }

    @Test
    void a_job_that_lost_its_machine_is_waited_for() {
        World world = settled(1);
        Replica before = world.replicas.get(0);
        world.put(before, "queued", null);
        world.look();
        Replica after = world.replicas.get(0);
        assertThat(after.state()).isEqualTo(ReplicaState.PENDING);
        assertThat(after.jobId()).isEqualTo(before.jobId());
        assertThat(after.restarts()).isZero();
    }
}
