package dev.stationmaster.jobs.runner.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.runner.Exit;
import dev.stationmaster.jobs.runner.kubernetes.PodState.Kind;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobConditionBuilder;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class PodStateTest {
    private static final long MIB = 1L << 20;

    private static PodState of(Pod pod) {
        return PodState.of(pod, 64 * MIB);
    }

    private static Exit exit(Pod pod) {
        PodState state = of(pod);
        assertThat(state.kind()).isEqualTo(Kind.ENDED);
        return state.exit();
    }

    private static PodBuilder pod(UnaryOperator<ContainerStateBuilder> state) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("p")
                .endMetadata()
                .withNewSpec()
                .withNodeName("n1")
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .addNewContainerStatus()
                .withName("program")
                .withState(state.apply(new ContainerStateBuilder()).build())
                .endContainerStatus()
                .endStatus();
    }

    private static PodBuilder waits(String reason, String message) {
        return pod(s -> s.withNewWaiting(message, reason));
    }

    private static PodBuilder ended(int code, String reason) {
        return pod(s -> s.withNewTerminated()
                .withExitCode(code)
                .withReason(reason)
                .withFinishedAt("2026-11-21T10:00:00Z")
                .endTerminated());
    }

    @Test
    void what_it_waits_for() {
        assertThat(of(new PodBuilder().build()).kind()).isEqualTo(Kind.WAITS_FOR_NODE);
        PodState starts = of(waits("ContainerCreating", null).build());
        assertThat(starts.kind()).isEqualTo(Kind.STARTS);
        assertThat(starts.text()).contains("on node n1");
        for (String reason : new String[] {"ErrImagePull", "ImagePullBackOff", "InvalidImageName"}) {
            assertThat(of(waits(reason, "no such image").build()).kind())
                    .as(reason)
                    .isEqualTo(Kind.NO_IMAGE);
        }
        PodState refused =
                of(waits("CreateContainerConfigError", "secret \"x\" not found").build());
        assertThat(refused.kind()).isEqualTo(Kind.REFUSED);
        assertThat(refused.text()).contains("secret \"x\" not found");
        assertThat(of(ended(128, "StartError").build()).kind()).isEqualTo(Kind.REFUSED);
        assertThat(of(pod(s -> s.withNewRunning("2026-11-21T10:00:00Z")).build())
                        .kind())
                .isEqualTo(Kind.RUNS);
    }

    @Test
    void how_it_ended_by_itself() {
        assertThat(exit(ended(0, "Completed").build())).isEqualTo(new Exit(Exit.Cause.EXITED, 0, "exited with code 0"));
        assertThat(exit(ended(7, "Error").build()).code()).isEqualTo(7);
        Exit oom = exit(ended(137, "OOMKilled").build());
        assertThat(oom.cause()).isEqualTo(Exit.Cause.OUT_OF_MEMORY);
        assertThat(oom.message()).contains("64 MiB");
    }

    @Test
    void how_it_was_taken_away() {
        for (String reason : new String[] {"Evicted", "NodeLost", "Preempting", "NodeShutdown", "Terminated"}) {
            Exit lost = exit(ended(137, "Error")
                    .editStatus()
                    .withPhase("Failed")
                    .withReason(reason)
                    .withMessage("why")
                    .endStatus()
                    .build());
            assertThat(lost.cause()).as(reason).isEqualTo(Exit.Cause.LOST);
            assertThat(lost.message()).contains(reason, "why");
        }
        assertThat(exit(ended(137, "ContainerStatusUnknown").build()).cause()).isEqualTo(Exit.Cause.LOST);
        assertThat(exit(new PodBuilder()
                                .withNewMetadata()
                                .endMetadata()
                                .withNewStatus()
                                .withPhase("Failed")
                                .endStatus()
                                .build())
                        .cause())
                .isEqualTo(Exit.Cause.LOST);
    }

    private static Exit disrupted(int code) {
        return exit(ended(code, "Error")
                .editStatus()
                .addNewCondition()
                .withType("DisruptionTarget")
                .withStatus("True")
                .withReason("PreemptionByScheduler")
                .withMessage("preempting")
                .endCondition()
                .endStatus()
                .build());
    }

    @Test
    void one_that_made_room_is_lost_unless_it_was_done() {
        assertThat(disrupted(143).cause()).isEqualTo(Exit.Cause.LOST);
        assertThat(disrupted(143).message()).contains("PreemptionByScheduler");
        assertThat(disrupted(0).cause()).isEqualTo(Exit.Cause.EXITED);
    }

    private static Exit deleted(String graceIsOver) {
        return exit(ended(0, "Completed")
                .editMetadata()
                .withDeletionTimestamp(graceIsOver)
                .withDeletionGracePeriodSeconds(30L)
                .endMetadata()
                .build());
    }

    @Test
    void one_that_ended_because_somebody_deleted_it_is_lost() {
        assertThat(deleted("2026-11-21T10:00:29Z").cause()).isEqualTo(Exit.Cause.LOST);
        assertThat(deleted("2026-11-21T10:00:31Z").cause())
                .as("it was over before")
                .isEqualTo(Exit.Cause.EXITED);
    }

    @Test
    void deadlines_are_timeouts() {
        assertThat(exit(ended(137, "Error")
                                .editStatus()
                                .withReason("DeadlineExceeded")
                                .endStatus()
                                .build())
                        .cause())
                .isEqualTo(Exit.Cause.TIMEOUT);
        var failed = new JobConditionBuilder().withType("Failed").withMessage("m");
        assertThat(PodExit.of(failed.withReason("DeadlineExceeded").build()).cause())
                .isEqualTo(Exit.Cause.TIMEOUT);
        assertThat(PodExit.of(failed.withReason("BackoffLimitExceeded").build()).cause())
                .isEqualTo(Exit.Cause.LOST);
        assertThat(PodExit.of(new JobConditionBuilder().withType("Complete").build())
                        .code())
                .isZero();
    }
}
