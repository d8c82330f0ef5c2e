package dev.stationmaster.jobs.runner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.runner.gpu.GpuWatch;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrphanCleanUpTest {
    @TempDir
    Path temp;

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void stop() {
        RunnerKit.await(vertx.close());
    }

    @Test
    void ends_what_a_killed_server_left_running() throws Exception {
        Process server = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        RunnerMain.class.getName(),
                        temp.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> pids = readPids(server);
        server.destroyForcibly().waitFor();
        assertThat(pids).hasSize(2).allMatch(ProcessRunnerTest::runs);

        assertThat(cleanUp()).isEqualTo(1);
        assertThat(pids).noneMatch(ProcessRunnerTest::runs);
        assertThat(cleanUp()).isZero();
    }

    @Test
    void leaves_a_stranger_with_the_same_pid_alone() throws Exception {
        Process stranger = new ProcessBuilder("setsid", "sleep", "99").start();
        try {
            Path run = Files.createDirectories(temp.resolve("run"));
            JsonObject note = new JsonObject()
                    .put("pid", stranger.pid())
                    .put("pgid", stranger.pid())
                    .put("started", stranger.pid() + "@1@another-boot")
                    .put("session", true);
            Files.writeString(run.resolve("job-1.json"), note.encode());
            Files.writeString(run.resolve("job-2.json"), "{half");
            assertThat(cleanUp()).isZero();
            assertThat(stranger.isAlive()).isTrue();
            assertThat(run).isEmptyDirectory();
        } finally {
            stranger.destroyForcibly();
        }
    }

    private int cleanUp() {
        var settings = new ProcessRunnerSettings(
                Resources.NONE,
                GpuWatch.of(List.of()),
                1000,
                10,
                Duration.ofSeconds(1),
                Duration.ofMillis(500),
                Duration.ofMillis(300));
        var runner = new ProcessRunner(vertx, Clock.system(), temp, settings);
        return new RunnerKit(vertx, temp).onLoop(runner::cleanUp);
    }

    private static List<String> readPids(Process server) throws Exception {
        var out = new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8));
        String line;
        while ((line = out.readLine()) != null) {
            if (line.startsWith("PIDS ")) {
                return List.of(line.substring(5).split(" ", -1));
            }
        }
        throw new AssertionError("the server ended early");
    }
}
