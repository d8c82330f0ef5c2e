package dev.stationmaster.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.jobs.JobsSettings.ImageAgents;
import dev.stationmaster.jobs.Placement.RunnerInfo;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.ErrorCode;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private static final long GIB = 1L << 30;
    private static final RunnerInfo PROCESS =
            new RunnerInfo("process", new Resources(4_000, 8 * GIB, 0, Long.MAX_VALUE / 4), false);
    private static final RunnerInfo SIMULATION =
            new RunnerInfo("simulation", new Resources(64_000, 256 * GIB, 4, Long.MAX_VALUE / 4), true);

    private final Placement placement = new Placement(List.of(PROCESS, SIMULATION), ImageAgents.REFUSE);

    private static AgentSpec agent(String runner, String image) {
        return new AgentSpec(
                1,
                "a",
                "research",
                UUID.randomUUID(),
                "1.0.0",
                image,
                "{}",
                null,
                null,
                0,
                0,
                runner,
                List.of(),
                null,
                Map.of(),
                "ann",
                Map.of(),
                null);
    }

    private static Resources ask(long cpuMillis, long gib, int gpus) {
        return new Resources(cpuMillis, gib * GIB, gpus, 0);
    }

    private static ApiException refusal(Placement placement, AgentSpec agent, Resources needed) {
        ApiException refused = catchThrowableOfType(ApiException.class, () -> placement.choose(agent, needed, 1));
        assertThat(refused.code()).isEqualTo(ErrorCode.NO_MATCHING_RUNNER);
        return refused;
    }

    @Test
    void the_agents_runner_is_taken() {
        assertThat(placement.choose(agent("process", null), ask(4_000, 8, 0), 1))
                .isEqualTo(PROCESS);
        assertThat(placement.choose(agent("simulation", null), ask(4_001, 9, 4), 1))
                .isEqualTo(SIMULATION);
    }

    @Test
    void all_reasons_are_told_at_once() {
        var refused = refusal(placement, agent("process", null), ask(8_500, 16, 0));
        assertThat(refused.errors())
                .containsExactly(
                        new FieldError("/resource_requirements/cpu", "asks for 8500m CPU, the runner process has 4"),
                        new FieldError(
                                "/resource_requirements/memory", "asks for 16Gi memory, the runner process has 8Gi"));
        assertThat(refused).hasMessageContaining("8500m CPU").hasMessageContaining("16Gi");
    }

    @Test
    void a_gpu_that_this_runner_lacks_is_named() {
        assertThat(refusal(placement, agent("process", null), ask(1_000, 1, 1)).errors())
                .containsExactly(
                        new FieldError("/resource_requirements/gpu", "asks for 1 GPU, the runner process has 0"));
    }

    @Test
    void a_gpu_that_no_runner_has_is_named_once() {
        assertThat(refusal(placement, agent("process", null), ask(1_000, 1, 5)).errors())
                .containsExactly(
                        new FieldError("/resource_requirements/gpu", "asks for 5 GPU, the largest runner has 4"));
        var without = new Placement(List.of(PROCESS), ImageAgents.REFUSE);
        assertThat(refusal(without, agent("process", null), ask(1_000, 1, 1)).errors())
                .containsExactly(new FieldError("/resource_requirements/gpu", "asks for 1 GPU, no runner has one"));
    }

    @Test
    void a_runner_that_is_not_there_is_named() {
        assertThat(refusal(placement, agent("kubernetes", null), ask(1, 1, 0)))
                .hasMessageContaining("the runner kubernetes is not enabled");
        assertThat(refusal(new Placement(List.of(), ImageAgents.REFUSE), agent("process", null), ask(1, 1, 0)))
                .hasMessageContaining("the runner process is not enabled");
    }

    @Test
    void an_agent_with_nothing_to_run_is_refused() {
        assertThat(refusal(placement, agent(null, null), ask(1, 1, 0))).hasMessageContaining("nothing to run");
    }

    @Test
    void an_image_is_refused_or_simulated_as_set_and_never_simulated_in_silence() {
        assertThat(refusal(placement, agent(null, "img:1"), ask(1, 1, 0))).hasMessageContaining("no container runner");
        var simulate = new Placement(List.of(PROCESS, SIMULATION), ImageAgents.SIMULATE);
        assertThat(simulate.choose(agent(null, "img:1"), ask(1, 1, 0), 1).simulated())
                .isTrue();
        assertThat(simulate.choose(agent("process", "img:1"), ask(1, 1, 0), 1)).isEqualTo(PROCESS);
    }

    @Test
    void replicas_must_find_room_together_on_one_runner() {
        assertThat(placement.choose(agent("process", null), ask(2_000, 4, 0), 2))
                .isEqualTo(PROCESS);
        ApiException refused = catchThrowableOfType(
                ApiException.class, () -> placement.choose(agent("process", null), ask(2_000, 4, 0), 3));
        assertThat(refused.code()).isEqualTo(ErrorCode.NO_MATCHING_RUNNER);
        assertThat(refused).hasMessageContaining("asks for 6 CPU");
    }

    @Test
    void an_image_runs_in_a_container_where_there_is_an_engine() {
        var docker = new RunnerInfo("docker", ask(4_000, 8, 0), false);
        var both = new Placement(List.of(PROCESS, docker, SIMULATION), ImageAgents.SIMULATE);
        assertThat(both.choose(agent(null, "img:1"), ask(1, 1, 0), 1)).isEqualTo(docker);
        assertThat(both.choose(agent("process", "img:1"), ask(1, 1, 0), 1)).isEqualTo(PROCESS);
    }

    private static final RunnerInfo KUBERNETES = new RunnerInfo(
            "kubernetes",
            new Resources(40_000, 80 * GIB, 8, Long.MAX_VALUE / 4),
            new Resources(16_000, 32 * GIB, 4, Long.MAX_VALUE / 4),
            false);

    @Test
    void an_image_goes_to_docker_else_to_the_cluster() {
        var cluster = new Placement(List.of(PROCESS, KUBERNETES, SIMULATION), ImageAgents.REFUSE);
        assertThat(cluster.choose(agent(null, "img"), ask(1_000, 1, 0), 1)).isEqualTo(KUBERNETES);
        var docker = new RunnerInfo("docker", PROCESS.capacity(), false);
        var both = new Placement(List.of(PROCESS, KUBERNETES, docker), ImageAgents.REFUSE);
        assertThat(both.choose(agent(null, "img"), ask(1_000, 1, 0), 1)).isEqualTo(docker);
        assertThat(both.choose(agent("kubernetes", "img"), ask(1_000, 1, 0), 1)).isEqualTo(KUBERNETES);
    }

    @Test
    void a_replica_must_fit_on_one_machine_of_a_cluster() {
        var cluster = new Placement(List.of(KUBERNETES), ImageAgents.REFUSE);
        assertThat(cluster.choose(agent(null, "img"), ask(16_000, 32, 4), 2)).isEqualTo(KUBERNETES);
        assertThat(refusal(cluster, agent(null, "img"), ask(17_000, 1, 0)).errors())
                .containsExactly(new FieldError(
                        "/resource_requirements/cpu",
                        "asks for 17 CPU, the largest machine of the runner kubernetes has 16"));
    }
}
