package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.DockerClient;
import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.ContainerEngine;
import dev.stationmaster.testing.ServerProcess;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A container goes on while its server does not; the next server takes it up: one attempt, every line once, paid once. */
class AdoptionTest {
    /** Says 100 lines in 10 s. */
    private static final String TALKING = """
            for i in $(seq 1 100); do
              echo line $i; echo "{\\"metrics\\":{\\"n\\":$i},\\"step\\":$i}"; sleep 0.1
            done""";

    @TempDir
    static Path temp;

    private static ContainerEngine engine;
    private final Path dataDir = TestServer.tempDir();

    @BeforeAll
    static void startEngine() {
        engine = ContainerEngine.orSkip(temp);
    }

    @AfterAll
    static void stopEngine() {
        if (engine != null) {
            engine.close();
        }
    }

    @AfterEach
    void clean() {
        TestServer.deleteTree(dataDir);
    }

    private ServerProcess server() {
        return ServerProcess.start(
                dataDir,
                Map.of(
                        "STATIONMASTER_RUNNERS_DOCKER_ENABLED", "true",
                        "STATIONMASTER_RUNNERS_DOCKER_HOST", engine.host(),
                        "STATIONMASTER_RUNNERS_DOCKER_NETWORK", "none",
                        "STATIONMASTER_RUNNERS_DOCKER_INIT", "false",
                        "STATIONMASTER_RUNNERS_DOCKER_CPU", "4",
                        "STATIONMASTER_JOBS_LEASE_SECONDS", "60",
                        "STATIONMASTER_JOBS_GRACE_SECONDS", "1"));
    }

    private static String submit(Api api, String script) {
        long agent = api.post(
                        "/agents",
                        new JsonObject()
                                .put("name", "goes-on-" + System.nanoTime())
                                .put("type", "research")
                                .put("docker_image", ContainerEngine.IMAGE)
                                .put("runner", "docker")
                                .put("command", new JsonArray(List.of("/bin/sh", "-c", script)))
                                .put(
                                        "resource_requirements",
                                        new JsonObject().put("cpu", "500m").put("memory", "64Mi")))
                .is(201)
                .json()
                .getLong("id");
        return api.submit(agent);
    }

    private static void awaitLine(Api api, String id, int n) {
        Awaitility.await().until(() -> api.log(id).contains("line " + n + "\n"));
    }

    private static void assertWhole(Api api, String id) {
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("state")).as(done.encode()).isEqualTo("succeeded");
        assertThat(api.items("/jobs/" + id + "/attempts")).hasSize(1);
        assertThat(api.log(id).lines().toList())
                .as("every line once, in order")
                .isEqualTo(java.util.stream.IntStream.rangeClosed(1, 100)
                        .mapToObj(i -> "line " + i)
                        .toList());
        assertThat(done.getJsonObject("progress").getLong("step")).isEqualTo(100);
        assertThat(api.items("/jobs/" + id + "/metrics?limit=500")).hasSize(100);
        assertThat(api.items("/jobs/" + id + "/events").encode()).contains("adopted");
        assertThat(done.getDouble("cost")).isPositive();
    }

    @Test
    void after_kill_9_it_is_taken_up() {
        String id;
        try (ServerProcess first = server()) {
            Api api = first.admin();
            id = submit(api, TALKING);
            awaitLine(api, id, 10);
            first.kill();
        }
        try (ServerProcess second = server()) {
            assertWhole(second.admin(), id);
        }
    }

    @Test
    void a_stop_in_order_lets_it_run_on() {
        String id;
        try (ServerProcess first = server()) {
            Api api = first.admin();
            id = submit(api, TALKING);
            awaitLine(api, id, 10);
        }
        try (ServerProcess second = server()) {
            assertWhole(second.admin(), id);
        }
    }

    @Test
    void one_that_ended_meanwhile_has_its_result() throws IOException {
        String id;
        try (ServerProcess first = server()) {
            Api api = first.admin();
            id = submit(api, "echo begun; while [ ! -e $STATIONMASTER_CHECKPOINT_DIR/go ]; do sleep 0.1; done; exit 3");
            Awaitility.await().until(() -> api.log(id).contains("begun"));
        }
        var go = dataDir.resolve("jobs").resolve(id).resolve("checkpoints/go");
        java.nio.file.Files.createFile(go);
        try (DockerClient client = engine.client()) {
            Awaitility.await().until(() -> client.listContainersCmd()
                    .withLabelFilter(Map.of("dev.stationmaster.job", id))
                    .exec()
                    .isEmpty());
        }
        try (ServerProcess second = server()) {
            Api api = second.admin();
            JsonObject done = api.awaitEnd(id);
            assertThat(done.getString("reason")).as(done.encode()).isEqualTo("exit_nonzero");
            assertThat(done.getInteger("exit_code")).isEqualTo(3);
            assertThat(api.log(id)).isEqualTo("begun\n");
        }
    }

    @Test
    void one_that_somebody_removed_meanwhile_is_run_again() throws IOException {
        String id;
        try (ServerProcess first = server()) {
            Api api = first.admin();
            id = submit(
                    api,
                    "[ -e $STATIONMASTER_CHECKPOINT_DIR/n ] && exit 0; touch $STATIONMASTER_CHECKPOINT_DIR/n; sleep 600");
            api.awaitState(id, "running");
            first.kill();
        }
        try (DockerClient client = engine.client()) {
            client.listContainersCmd()
                    .withShowAll(true)
                    .withLabelFilter(Map.of("dev.stationmaster.job", id))
                    .exec()
                    .forEach(c ->
                            client.removeContainerCmd(c.getId()).withForce(true).exec());
        }
        try (ServerProcess second = server()) {
            Api api = second.admin();
            assertThat(api.awaitEnd(id).getString("state")).isEqualTo("succeeded");
            assertThat(api.items("/jobs/" + id + "/attempts").getJsonObject(0).getString("reason"))
                    .isEqualTo("server_restarted");
        }
    }
}
