package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.Container;
import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.ContainerEngine;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same job contract in a container, on a real engine. */
class DockerJobsTest {
    @TempDir
    static Path temp;

    private static ContainerEngine engine;
    private static TestServer server;
    private static Api api;

    @BeforeAll
    static void start() {
        engine = ContainerEngine.orSkip(temp);
        server = TestServer.start(Map.of(
                "runners.docker_enabled", "true",
                "runners.docker_host", engine.host(),
                "runners.docker_network", "none",
                "runners.docker_init", "false",
                "runners.docker_cpu", "4",
                "jobs.grace_seconds", "2"));
        api = server.user("developer");
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
        if (engine != null) {
            engine.close();
        }
    }

    private static long agent(String script, String memory) {
        return api.post(
                        "/agents",
                        new JsonObject()
                                .put("name", "in-a-box-" + System.nanoTime())
                                .put("type", "research")
                                .put("docker_image", ContainerEngine.IMAGE)
                                .put("runner", "docker")
                                .put("command", new JsonArray(List.of("/bin/sh", "-c", script)))
                                .put(
                                        "resource_requirements",
                                        new JsonObject().put("cpu", "500m").put("memory", memory)))
                .is(201)
                .json()
                .getLong("id");
    }

    private static JsonObject ended(String script) {
        return api.awaitEnd(api.submit(agent(script, "64Mi")));
    }

    private static List<Container> containersOf(DockerClient client, String job) {
        return client.listContainersCmd()
                .withShowAll(true)
                .withLabelFilter(Map.of("dev.stationmaster.job", job))
                .exec();
    }

    @Test
    void metrics_logs_and_artifacts_are_those_of_any_job() {
        JsonObject done = ended("""
                echo hello from "$STATIONMASTER_JOB_ID"; echo careful >&2
                echo '{"metrics":{"loss":0.25},"step":2,"total_steps":2}'
                echo result > "$STATIONMASTER_ARTIFACT_DIR/result.txt"
                echo "$STATIONMASTER_CHECKPOINT_DIR"
                """);
        assertThat(done.getString("state")).as(done.encode()).isEqualTo("succeeded");
        assertThat(done.getString("runner")).isEqualTo("docker");
        String id = done.getString("id");
        assertThat(api.log(id)).contains("hello from " + id, "careful", "/stationmaster/job/checkpoints");
        assertThat(done.getJsonObject("metrics").getDouble("loss")).isEqualTo(0.25);
        assertThat(api.items("/jobs/" + id + "/artifacts").encode()).contains("result.txt");
        assertThat(done.getDouble("cost")).isPositive();
    }

    @Test
    void it_is_shut_in() {
        String id = ended("""
                        touch /bin/x 2>&1 || echo "root is read-only"
                        touch /tmp/x && echo "tmp is writable"
                        grep CapEff /proc/self/status
                        grep NoNewPrivs /proc/self/status
                        """).getString("id");
        assertThat(api.log(id))
                .contains("root is read-only", "tmp is writable")
                .containsPattern("CapEff:\\s+0000000000000000")
                .containsPattern("NoNewPrivs:\\s+1");
    }

    @Test
    void a_second_attempt_goes_on_from_the_checkpoint() {
        String id = api.submit(
                agent("f=$STATIONMASTER_CHECKPOINT_DIR/n; [ -e $f ] && exit 0; touch $f; exit 4", "64Mi"),
                new JsonObject()
                        .put("max_attempts", 2)
                        .put("backoff", new JsonObject().put("first_seconds", 1).put("max_seconds", 1)));
        assertThat(api.awaitEnd(id).getString("state")).isEqualTo("succeeded");
        assertThat(api.items("/jobs/" + id + "/attempts").getJsonObject(0).getInteger("exit_code"))
                .isEqualTo(4);
    }

    @Test
    void one_that_ignores_sigterm_is_killed_and_nothing_is_left() throws IOException {
        String id = api.submit(agent("trap '' TERM; echo ready; while :; do sleep 0.2; done", "64Mi"));
        api.awaitState(id, "running");
        Awaitility.await().until(() -> api.log(id).contains("ready"));
        api.post("/jobs/" + id + "/cancel").is(202);
        assertThat(api.awaitEnd(id).getString("state")).isEqualTo("cancelled");
        try (DockerClient client = engine.client()) {
            assertThat(containersOf(client, id)).isEmpty();
        }
    }

    @Test
    void one_that_uses_more_memory_than_it_may_says_so() {
        JsonObject done = api.awaitEnd(api.submit(agent("a=0123456789; while :; do a=$a$a; done", "24Mi")));
        assertThat(done.getString("reason")).as(done.encode()).isIn("oom", "exit_nonzero"); // not every engine tells
        assertThat(done.getInteger("exit_code")).isEqualTo(137);
        assertThat(done.getString("message")).contains("memory");
    }

    @Test
    void an_image_that_is_nowhere_is_a_clear_reason() {
        long agent = api.post(
                        "/agents",
                        new JsonObject()
                                .put("name", "nowhere-" + System.nanoTime())
                                .put("type", "research")
                                .put("docker_image", "localhost/stationmaster-nowhere:7"))
                .is(201)
                .json()
                .getLong("id"); // no runner named: the image decides
        JsonObject done = api.awaitEnd(api.submit(agent));
        assertThat(done.getString("state")).isEqualTo("failed");
        assertThat(done.getString("runner")).isEqualTo("docker");
        assertThat(done.getString("reason")).as(done.encode()).isEqualTo("image_not_found");
    }

    @Test
    void a_container_that_somebody_removes_is_run_again() throws IOException {
        String id = api.submit(agent(
                "[ -e $STATIONMASTER_CHECKPOINT_DIR/n ] && exit 0; touch $STATIONMASTER_CHECKPOINT_DIR/n; sleep 600",
                "64Mi"));
        api.awaitState(id, "running");
        try (DockerClient client = engine.client()) {
            client.removeContainerCmd(containersOf(client, id).get(0).getId())
                    .withForce(true)
                    .exec();
        }
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("state")).as(done.encode()).isEqualTo("succeeded");
        JsonObject first = api.items("/jobs/" + id + "/attempts").getJsonObject(0);
        assertThat(first.getString("outcome")).isEqualTo("lost");
        assertThat(first.getString("reason")).isEqualTo("executor_lost");
    }

    @Test
    void the_engine_may_go_away_and_come_back_while_a_job_runs() {
        org.junit.jupiter.api.Assumptions.assumeTrue(engine.isOurs(), "skipped: the engine is not this test's own");
        String id = api.submit(agent("for i in $(seq 1 60); do echo line $i; sleep 0.1; done", "64Mi"));
        api.awaitState(id, "running");
        Awaitility.await().until(() -> api.log(id).contains("line 5"));
        engine.killService();
        engine.startService();
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("state")).as(done.encode()).isEqualTo("succeeded");
        assertThat(api.items("/jobs/" + id + "/attempts")).hasSize(1);
        assertThat(api.log(id).lines().filter(line -> line.startsWith("line ")))
                .as("every line once")
                .hasSize(60)
                .doesNotHaveDuplicates();
    }

    @Test
    void what_an_earlier_server_left_running_is_removed() throws IOException {
        try (DockerClient client = engine.client()) {
            String id = api.submit(agent("sleep 600", "64Mi"));
            api.awaitState(id, "running");
            Map<String, String> labels = containersOf(client, id).get(0).getLabels();
            String stray = client.createContainerCmd(ContainerEngine.IMAGE)
                    .withCmd("/bin/sleep", "600")
                    .withLabels(Map.of(
                            "dev.stationmaster.server", labels.get("dev.stationmaster.server"),
                            "dev.stationmaster.job", labels.get("dev.stationmaster.job"),
                            "dev.stationmaster.lease", "4711"))
                    .exec()
                    .getId();
            client.startContainerCmd(stray).exec();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> containersOf(client, id).size() == 1);
            assertThat(containersOf(client, id).get(0).getId()).isNotEqualTo(stray);
            api.post("/jobs/" + id + "/cancel").is(202);
            api.awaitEnd(id);
        }
    }
}
