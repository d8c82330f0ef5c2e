package dev.stationmaster.jobs.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stationmaster.jobs.runner.RunnerKit.Recorder;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulationRunnerTest {
    private static final String QUICK = "{\"hyperparameters\":{\"epochs\":20,\"learning_rate\":0.001},"
            + "\"simulation\":{\"step_seconds\":0.001MORE}}";

    @TempDir
    Path temp;

    private Vertx vertx;
    private RunnerKit kit;
    private SimulationRunner runner;

    @BeforeEach
    void start() {
        vertx = Vertx.vertx();
        kit = new RunnerKit(vertx, temp);
        runner = new SimulationRunner(vertx, new Resources(8000, 1L << 33, 0, 0));
    }

    @AfterEach
    void stop() {
        RunnerKit.await(vertx.close());
    }

    @Test
    void says_that_it_is_simulated_and_then_learns() {
        Recorder recorder = run(UUID.randomUUID(), 1, "");
        assertThat(recorder.exit()).isEqualTo(new Exit(Exit.Cause.EXITED, 0, "exited with code 0"));
        assertThat(recorder.exits).isEqualTo(1);
        assertThat(recorder.lines).hasSize(21);
        assertThat(recorder.lines.get(0)).contains("[simulation]", "made up");
        JsonObject first = new JsonObject(recorder.lines.get(1));
        JsonObject last = new JsonObject(recorder.lines.get(20));
        assertThat(first.getInteger("step")).isEqualTo(1);
        assertThat(last.getInteger("step")).isEqualTo(20);
        assertThat(last.getInteger("total_steps")).isEqualTo(20);
        assertThat(loss(last)).isLessThan(loss(first) / 2);
        assertThat(last.getJsonObject("metrics").getDouble("accuracy")).isBetween(0.5, 1.0);
        assertThat(last.getJsonObject("metrics").getDouble("reward")).isBetween(0.0, 100.0);
    }

    @Test
    void the_same_job_gives_the_same_curve() {
        UUID job = UUID.randomUUID();
        SimulationPlan plan = SimulationPlan.from("{}");
        assertThat(new SimulatedCurve(7, plan).line(3)).isEqualTo(new SimulatedCurve(7, plan).line(3));
        assertThat(new SimulatedCurve(7, plan).line(3)).isNotEqualTo(new SimulatedCurve(8, plan).line(3));
        assertThat(run(job, 1, "").lines).isNotEqualTo(run(UUID.randomUUID(), 1, "").lines);
    }

    @Test
    void the_learning_rate_shapes_the_curve() {
        assertThat(finalLoss(0.001)).isLessThan(finalLoss(0.00001)).isLessThan(finalLoss(0.1));
        assertThat(finalLoss(0.5)).isGreaterThan(2);
    }

    @Test
    void a_later_attempt_resumes_after_the_checkpoint() {
        UUID job = UUID.randomUUID();
        Recorder failed = run(job, 1, ",\"fail_at_step\":8");
        assertThat(failed.exit()).isEqualTo(new Exit(Exit.Cause.EXITED, 1, "exited with code 1: simulated failure"));
        Recorder resumed = run(job, 2, ",\"fail_at_step\":8");
        assertThat(resumed.exit().code()).isZero();
        assertThat(resumed.lines.get(0)).contains("resumed after step 7");
        assertThat(new JsonObject(resumed.lines.get(1)).getInteger("step")).isEqualTo(8);
    }

    @Test
    void stop_and_wall_clock_end_it() {
        Launch endless = kit.command().spec("{\"epochs\":9999}").build();
        Recorder stopped = kit.launch(runner, endless);
        RunnerKit.await(stopped.firstLine.future());
        kit.stop(runner, endless, RunnerKit.GRACE);
        assertThat(stopped.exit()).isEqualTo(new Exit(Exit.Cause.STOPPED, null, "stopped on request"));
        Recorder late =
                kit.launch(runner, kit.command().limit(Duration.ofMillis(100)).build());
        assertThat(late.exit().cause()).isEqualTo(Exit.Cause.TIMEOUT);
        Recorder closed = kit.launch(runner, kit.command().build());
        kit.onLoop(() -> runner.close(RunnerKit.GRACE));
        assertThat(closed.exit().cause()).isEqualTo(Exit.Cause.STOPPED);
    }

    @Test
    void reports_usage_as_unknown() {
        Recorder recorder =
                kit.launch(runner, kit.command().limit(Duration.ofMillis(1200)).build());
        recorder.exit();
        assertThat(recorder.usages).isNotEmpty().containsOnly(new Usage(null, null));
    }

    @Test
    void refuses_a_spec_that_it_cannot_read() {
        for (String spec : List.of("[", "{\"epochs\":\"many\"}")) {
            assertThatThrownBy(() -> kit.launch(runner, kit.command().spec(spec).build()))
                    .isInstanceOf(LaunchException.class)
                    .hasMessageContaining("spec");
        }
    }

    private Recorder run(UUID job, int attempt, String more) {
        Recorder recorder = kit.launch(
                runner,
                kit.command()
                        .job(job, attempt)
                        .spec(QUICK.replace("MORE", more))
                        .build());
        recorder.exit();
        return recorder;
    }

    private static double finalLoss(double rate) {
        return loss(new SimulatedCurve(7, new SimulationPlan(20, rate, 1, 0, 1, null)).line(20));
    }

    private static double loss(JsonObject line) {
        return line.getJsonObject("metrics").getDouble("loss");
    }
}
