package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Programs that misbehave get a clear reason and harm nobody else. */
class HardProgramsTest {
    private static TestServer server;
    private static Api api;

    @BeforeAll
    static void start() {
        server = TestServer.start(Map.of("jobs.max_log_bytes", "1Mi"));
        api = server.admin();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void a_command_that_does_not_exist() {
        JsonObject job = api.awaitEnd(api.submit(api.agent("/no/such/program")));
        assertThat(job.getString("state")).isEqualTo("failed");
        assertThat(job.getString("reason")).isEqualTo("setup_failed");
        assertThat(job.getString("message")).contains("/no/such/program");
    }

    @Test
    void a_working_folder_that_does_not_exist() {
        long agent = api.agent(new JsonObject().put("working_dir", "/no/such/folder"), "/bin/true");
        JsonObject job = api.awaitEnd(api.submit(agent));
        assertThat(job.getString("reason")).isEqualTo("setup_failed");
        assertThat(job.getString("message")).contains("/no/such/folder");
    }

    @Test
    void a_line_of_50_megabytes_is_cut() {
        String id = api.submit(api.shell("head -c 50000000 /dev/zero | tr '\\\\0' x; echo; echo end"));
        JsonObject job = api.awaitEnd(id);
        assertThat(job.getString("state")).as(job.encode()).isEqualTo("succeeded");
        assertThat(api.log(id)).hasSizeLessThan(70_000).contains("line cut").endsWith("end\n");
    }

    @Test
    void a_program_that_never_ends_meets_its_wall_clock_limit() {
        String id = api.submit(api.shell("while true; do sleep 1; done"), new JsonObject().put("timeout_seconds", 1));
        JsonObject job = api.awaitEnd(id);
        assertThat(job.getString("state")).isEqualTo("failed");
        assertThat(job.getString("reason")).isEqualTo("timeout");
    }

    @Test
    void a_flood_of_log_is_bounded_and_what_was_dropped_is_said() {
        String id = api.submit(api.shell("yes 0123456789 | head -c 20000000"));
        JsonObject job = api.awaitEnd(id);
        assertThat(job.getString("state")).as(job.encode()).isEqualTo("succeeded");
        assertThat(api.get("/jobs/" + id + "/logs?limit_bytes=10485760").text()).hasSizeLessThanOrEqualTo(1 << 20);
        assertThat(api.items("/jobs/" + id + "/events").encode()).contains("log_truncated");
    }

    @Test
    void nan_is_kept_as_unknown_and_said() {
        String id = api.submit(api.shell("echo '{\"metrics\":{\"loss\":NaN,\"accuracy\":0.5},\"step\":1}'"));
        JsonObject job = api.awaitEnd(id);
        assertThat(job.getString("state")).isEqualTo("succeeded");
        assertThat(job.getJsonObject("metrics").getValue("loss")).isNull();
        assertThat(job.getJsonObject("metrics").getDouble("accuracy")).isEqualTo(0.5);
        assertThat(api.items("/jobs/" + id + "/events").encode()).contains("metric_not_finite");
    }

    @Test
    void more_memory_than_asked_for_is_the_end() {
        long agent = api.agent(
                new JsonObject()
                        .put(
                                "resource_requirements",
                                new JsonObject().put("cpu", "1").put("memory", "64Mi")),
                "/bin/sh",
                "-c",
                "x=$(head -c 300000000 /dev/zero | tr '\\0' x); sleep 30");
        JsonObject job = api.awaitEnd(api.submit(agent));
        assertThat(job.getString("state")).isEqualTo("failed");
        assertThat(job.getString("reason")).isEqualTo("oom");
    }

    @Test
    void no_more_cores_than_asked_for() {
        Assumptions.assumeTrue(
                Runtime.getRuntime().availableProcessors() > 1 && Files.isExecutable(Path.of("/usr/bin/taskset")),
                "needs two cores and taskset");
        String id = api.submit(api.shell("grep Cpus_allowed_list /proc/self/status"));
        api.awaitEnd(id);
        assertThat(api.log(id)).containsPattern("Cpus_allowed_list:\\s+\\d+\n");
    }

    @Test
    void the_environment_of_the_server_does_not_leak() {
        String id = api.submit(api.shell("env"));
        api.awaitEnd(id);
        assertThat(api.log(id)).contains("STATIONMASTER_JOB_ID=" + id).doesNotContain("DATABASE_URL", "MAVEN_");
    }
}
