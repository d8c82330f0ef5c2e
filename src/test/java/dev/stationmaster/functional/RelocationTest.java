package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Jobs that wait for a runner which nobody offers any more. */
class RelocationTest {
    private static TestServer server;
    private static Api admin;

    @BeforeAll
    static void start() {
        server = TestServer.shared();
        admin = server.admin();
    }

    /** A waiting job of an agent that names this runner, as if a machine with the runner docker had lost it. */
    private static String stranded(String queue, String runner) {
        long agent = admin.agent(new JsonObject().put("runner", runner), "/bin/sh", "-c", "echo here");
        String id = admin.submit(agent, new JsonObject().put("queue", queue));
        assertThat(admin.job(id).getString("runner")).isEqualTo("process");
        assertThat(server.sql("UPDATE jobs SET runner = 'docker' WHERE id = '" + id + "' AND state = 'queued'"))
                .isOne();
        return id;
    }

    private static String heldQueue() {
        String queue = "held-" + UUID.randomUUID().toString().substring(0, 8);
        admin.post("/queues", new JsonObject().put("name", queue).put("state", "hold"))
                .is(201);
        return queue;
    }

    @Test
    void one_whose_agent_takes_any_runner_moves_and_says_so() {
        String queue = heldQueue();
        String id = stranded(queue, "any");
        Awaitility.await().until(() -> "process".equals(admin.job(id).getString("runner")));
        assertThat(admin.items("/jobs/" + id + "/events").encode())
                .contains("runner_changed", "Nobody offers the runner docker any more; it goes on by process.");
        admin.patch("/queues/" + queue, new JsonObject().put("state", "active")).is(200);
        JsonObject done = admin.awaitEnd(id);
        assertThat(done.getString("state")).as(done.encode()).isEqualTo("succeeded");
        assertThat(admin.items("/jobs/" + id + "/attempts").getJsonObject(0).getString("runner"))
                .isEqualTo("process");
    }

    @Test
    void one_whose_agent_names_its_runner_waits_and_says_for_what() {
        String queue = heldQueue();
        String named = stranded(queue, "process");
        String other = stranded(queue, "any");
        Awaitility.await().until(() -> "process".equals(admin.job(other).getString("runner")));
        assertThat(admin.job(named).getString("runner"))
                .as("looked at before the other")
                .isEqualTo("docker");
        admin.post("/jobs/" + named + "/cancel");
        admin.post("/jobs/" + other + "/cancel");
    }
}
