package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.ServerProcess;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Experiments whose server is killed, and those whose budget ends. */
class ExperimentEdgesTest {
    private static JsonObject compare(long agent, JsonObject hyperparameters) {
        var variants = new JsonArray();
        for (String name : List.of("a", "b")) {
            variants.add(
                    new JsonObject().put("name", name).put("agent_id", agent).put("hyperparameters", hyperparameters));
        }
        return new JsonObject()
                .put("kind", "compare")
                .put("name", "edges")
                .put("metric", new JsonObject().put("name", "loss").put("direction", "minimize"))
                .put("repetitions", 4)
                .put("max_concurrent", 2)
                .put("variants", variants);
    }

    private static JsonObject await(Api api, String id, String state) {
        Awaitility.await("experiment " + id + " " + state)
                .atMost(Duration.ofSeconds(90))
                .until(() -> state.equals(
                        api.get("/experiments/" + id).is(200).json().getString("state")));
        return api.get("/experiments/" + id).json();
    }

    private static List<JsonObject> trials(Api api, String id) {
        return api.items("/experiments/" + id + "/trials").stream()
                .map(JsonObject.class::cast)
                .toList();
    }

    @Test
    void a_killed_server_goes_on_where_it_was_and_submits_no_run_twice() {
        Path dataDir = TestServer.tempDir();
        try {
            String id;
            try (ServerProcess first = ServerProcess.start(dataDir)) {
                Api api = first.admin();
                long agent = api.post(
                                "/agents", new JsonObject().put("name", "sim").put("type", "simulation"))
                        .is(201)
                        .json()
                        .getLong("id");
                id = api.post(
                                "/experiments",
                                compare(
                                        agent,
                                        new JsonObject()
                                                .put("epochs", 10)
                                                .put("simulation", new JsonObject().put("step_seconds", 0.1))))
                        .is(201)
                        .json()
                        .getString("id");
                Awaitility.await()
                        .until(() -> trials(api, id).stream().anyMatch(t -> "succeeded".equals(t.getString("state"))));
                first.kill();
            }
            try (ServerProcess second = ServerProcess.start(dataDir)) {
                Api api = second.admin();
                await(api, id, "succeeded");
                List<JsonObject> trials = trials(api, id);
                var jobs = new HashSet<String>();
                trials.forEach(t -> {
                    assertThat(t.getString("state")).as(t.encode()).isEqualTo("succeeded");
                    jobs.add(t.getString("job_id"));
                });
                assertThat(jobs).hasSize(8);
                assertThat(api.items("/jobs?limit=100"))
                        .as("no job beside them")
                        .hasSize(8);
                assertThat(api.get("/audit/verify").json().getBoolean("valid")).isTrue();
            }
        } finally {
            TestServer.deleteTree(dataDir);
        }
    }

    @Test
    void a_spent_budget_ends_what_runs_and_starts_no_more() {
        try (TestServer server = TestServer.start(Map.of(
                "prices.cpu_core_hour", "36000",
                "prices.memory_gib_hour", "0",
                "jobs.charge_seconds", "0.1",
                "experiments.poll_seconds", "0.2"))) {
            Api api = server.admin();
            long agent = api.agent(
                    new JsonObject()
                            .put(
                                    "resource_requirements",
                                    new JsonObject().put("cpu", "1").put("memory", "64Mi")),
                    "sleep",
                    "600");
            String id = api.post(
                            "/experiments", compare(agent, new JsonObject()).put("budget_limit", 10))
                    .is(201)
                    .json()
                    .getString("id");
            JsonObject ended = await(api, id, "failed");
            assertThat(ended.getString("reason")).isEqualTo("budget_exhausted");
            assertThat(ended.getDouble("cost")).isGreaterThanOrEqualTo(10);
            List<JsonObject> trials = trials(api, id);
            assertThat(trials).allSatisfy(t -> {
                assertThat(t.getString("state")).isEqualTo("cancelled");
                assertThat(t.getString("reason")).isEqualTo("experiment_stopped");
            });
            assertThat(trials.stream().filter(t -> t.getString("job_id") != null))
                    .hasSize(2)
                    .allSatisfy(t -> assertThat(api.job(t.getString("job_id")).getString("state"))
                            .isEqualTo("cancelled"));
        }
    }
}
