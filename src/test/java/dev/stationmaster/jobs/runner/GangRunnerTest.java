package dev.stationmaster.jobs.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stationmaster.jobs.runner.RunnerKit.Recorder;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GangRunnerTest {
    @TempDir
    Path temp;

    private Vertx vertx;
    private RunnerKit kit;
    private final Scripted scripted = new Scripted();

    /** A runner of which the test says what happens. */
    private static final class Scripted implements Runner {
        final List<RunnerEvents> replicas = new ArrayList<>();
        final List<Launch> launches = new ArrayList<>();
        int refuse = -1;
        int stops;

        @Override
        public String name() {
            return "scripted";
        }

        @Override
        public Resources capacity() {
            return Resources.NONE;
        }

        @Override
        public Future<Integer> cleanUp() {
            return Future.succeededFuture(7);
        }

        @Override
        public Future<Void> launch(Launch launch, RunnerEvents events) {
            launches.add(launch);
            replicas.add(events);
            return launch.replica() == refuse
                    ? Future.failedFuture(new LaunchException("no room"))
                    : Future.succeededFuture();
        }

        @Override
        public void stop(UUID jobId, long lease, Duration grace) {
            stops++;
            for (int i = 0; i < replicas.size(); i++) {
                if (i != refuse) {
                    replicas.get(i).exited(new Exit(Exit.Cause.STOPPED, 143, "stopped on request"));
                }
            }
        }

        @Override
        public Future<Void> close(Duration grace) {
            return Future.succeededFuture();
        }
    }

    @BeforeEach
    void start() {
        vertx = Vertx.vertx();
        kit = new RunnerKit(vertx, temp);
    }

    @AfterEach
    void stop() {
        RunnerKit.await(vertx.close());
    }

    private Recorder launched(int replicas) {
        Recorder recorder = kit.launch(
                new GangRunner(vertx, scripted),
                kit.sh("true").replicas(replicas).build());
        kit.onLoop(() -> Future.succeededFuture()); // what was put off has happened
        return recorder;
    }

    private static Exit exited(int code) {
        return new Exit(Exit.Cause.EXITED, code, "exited with code " + code);
    }

    @Test
    void one_replica_passes_through() {
        Recorder recorder = launched(1);
        scripted.replicas.get(0).exited(exited(4));
        assertThat(recorder.exit()).isEqualTo(exited(4));
        assertThat(RunnerKit.await(new GangRunner(vertx, scripted).cleanUp())).isEqualTo(7);
    }

    @Test
    void each_knows_its_number_and_lines_say_whose_they_are() {
        Recorder recorder = launched(3);
        assertThat(scripted.launches.stream().map(l -> l.env().get("STATIONMASTER_REPLICA")))
                .containsExactly("0", "1", "2");
        RunnerKit.await(scripted.replicas.get(0).lines(List.of("{\"metrics\":{}}", "hello")));
        RunnerKit.await(scripted.replicas.get(2).lines(List.of("{\"metrics\":{}}")));
        assertThat(recorder.lines).containsExactly("{\"metrics\":{}}", "[0] hello", "[2] {\"metrics\":{}}");
    }

    @Test
    void it_ends_when_all_have_ended() {
        Recorder recorder = launched(2);
        scripted.replicas.get(1).exited(exited(0));
        assertThat(recorder.exits).isZero();
        scripted.replicas.get(0).exited(exited(0));
        assertThat(recorder.exit()).isEqualTo(new Exit(Exit.Cause.EXITED, 0, "all 2 replicas exited with code 0"));
        assertThat(scripted.stops).isZero();
    }

    @Test
    void usage_is_the_sum_of_those_that_run_and_unknown_is_not_zero() {
        Recorder recorder = launched(3);
        scripted.replicas.get(1).usage(new Usage(0.5, null));
        scripted.replicas.get(2).usage(new Usage(0.25, 30L));
        assertThat(recorder.usages).isEmpty(); // told with the first one's
        scripted.replicas.get(0).usage(new Usage(null, 12L));
        assertThat(recorder.usages).containsExactly(new Usage(0.75, 42L));
        scripted.replicas.get(0).exited(exited(0));
        scripted.replicas.get(1).usage(new Usage(0.5, null));
        assertThat(recorder.usages.get(1)).isEqualTo(new Usage(0.75, 30L));
    }

    @Test
    void where_one_can_not_start_none_does_and_nobody_hears_of_the_others() {
        scripted.refuse = 1;
        var recorder = new Recorder();
        var gang = new GangRunner(vertx, scripted);
        assertThatThrownBy(() -> kit.launch(gang, kit.sh("true").replicas(3).build(), recorder))
                .isInstanceOf(LaunchException.class)
                .hasMessage("no room");
        assertThat(scripted.stops).isOne();
        assertThat(recorder.exits).isZero();
    }

    @Test
    void a_failure_before_the_last_one_has_started_counts() {
        Recorder recorder = new Recorder();
        var early = new Gang(2, recorder, () -> {});
        early.events(0).exited(exited(9));
        early.events(1).exited(exited(0));
        assertThat(recorder.exits).isZero();
        early.allStarted();
        assertThat(recorder.exit().code()).isEqualTo(9);
    }
}
