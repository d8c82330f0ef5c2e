package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.ContainerEngine;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replicas as containers, looked at from inside; skipped where no engine can run containers. */
class DockerDeploymentsTest {
    @TempDir
    static Path temp;

    private static ContainerEngine engine;
    private static TestServer server;
    private static DeploymentKit kit;

    @BeforeAll
    static void start() {
        engine = ContainerEngine.orSkip(temp);
        server = TestServer.start(Map.of(
                "runners.docker_enabled", "true",
                "runners.docker_host", engine.host(),
                "runners.docker_network", "none",
                "runners.docker_init", "false",
                "runners.docker_cpu", "4",
                "jobs.grace_seconds", "1"));
        kit = new DeploymentKit(server.user("developer"));
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

    @Test
    void a_container_that_turns_sick_is_replaced() {
        Api api = kit.api;
        String script = "echo port $STATIONMASTER_PORT; touch $STATIONMASTER_ARTIFACT_DIR/well; " + DeploymentKit.STAYS;
        long agent = api.agent(
                new JsonObject().put("docker_image", ContainerEngine.IMAGE).put("runner", "docker"),
                "/bin/sh",
                "-c",
                script);
        var check = DeploymentKit.command("test -e $STATIONMASTER_ARTIFACT_DIR/well")
                .put("initial_delay_seconds", 1);
        kit.deploy(agent, 1, new JsonObject().put("port", 9123).put("health_check", check));
        JsonObject up =
                DeploymentKit.instances(kit.awaitDone(agent, 1)).findFirst().orElseThrow();
        assertThat(up.getString("address")).endsWith(":9123");
        String job = up.getString("job_id");
        assertThat(api.log(job)).contains("port 9123");
        Path well = server.dataDir()
                .resolve("jobs")
                .resolve(job)
                .resolve("artifacts")
                .resolve(job)
                .resolve("well");
        assertThat(well.toFile().delete()).isTrue();
        kit.awaitReplica(agent, r -> r.getInteger("restarts") == 1 && "healthy".equals(r.getString("state")));
        assertThat(kit.events(agent).toString()).contains("the command exited with code 1");
        kit.stop(agent);
    }
}
