package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.ServerProcess;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server that is killed or stopped keeps its deployments. */
class DeploymentRestartTest {
    private final Path dataDir = TestServer.tempDir();

    @AfterEach
    void clean() {
        TestServer.deleteTree(dataDir);
    }

    @Test
    void after_kill_9_and_after_a_stop_the_same_replicas_are_up_again() {
        long agent;
        List<String> replicas;
        try (ServerProcess first = ServerProcess.start(dataDir)) {
            var kit = new DeploymentKit(first.admin());
            agent = kit.deployed(
                    2,
                    new JsonObject().put("health_check", DeploymentKit.command("true")),
                    "/bin/sh",
                    "-c",
                    DeploymentKit.STAYS);
            replicas = ids(kit.awaitDone(agent, 2));
            first.kill();
        }
        try (ServerProcess second = ServerProcess.start(dataDir)) {
            JsonObject again = backAgain(second.admin(), agent);
            assertThat(ids(again)).isEqualTo(replicas);
            assertThat(again.getInteger("revision")).isEqualTo(1);
        }
        try (ServerProcess third = ServerProcess.start(dataDir)) {
            Api api = third.admin();
            var kit = new DeploymentKit(api);
            assertThat(ids(backAgain(api, agent))).isEqualTo(replicas);
            assertThat(api.items("/jobs?kind=service&agent_id=" + agent))
                    .as("no job was submitted twice")
                    .hasSize(2);
            kit.stop(agent);
            assertThat(api.get("/audit/verify").is(200).json().getBoolean("valid"))
                    .isTrue();
        }
    }

    /** Their jobs run a second attempt or a third, each in the same order as before. */
    private static JsonObject backAgain(Api api, long agent) {
        var kit = new DeploymentKit(api);
        return kit.await(
                agent,
                d -> d.getInteger("healthy_replicas") == 2
                        && DeploymentKit.instances(d).allMatch(r -> Boolean.TRUE.equals(r.getBoolean("healthy"))));
    }

    private static List<String> ids(JsonObject deployment) {
        return DeploymentKit.instances(deployment).map(r -> r.getString("id")).toList();
    }
}
