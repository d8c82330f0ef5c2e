package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A suite run by several versions of an evaluation agent. */
class BenchmarksTest {
    private final Api api = TestServer.shared().user("developer");

    private JsonObject suite() {
        return new JsonObject()
                .put("name", "suite-" + UUID.randomUUID())
                .put("repetitions", 4)
                .put(
                        "cases",
                        new JsonArray()
                                .add(oneCase("low", "loss", "minimize"))
                                .add(oneCase("high", "accuracy", "maximize")));
    }

    private static JsonObject oneCase(String name, String metric, String direction) {
        return new JsonObject()
                .put("name", name)
                .put("metric", new JsonObject().put("name", metric).put("direction", direction));
    }

    private static JsonObject version(String version, double rate) {
        return new JsonObject()
                .put("version", version)
                .put(
                        "config",
                        new JsonObject()
                                .put(
                                        "hyperparameters",
                                        new JsonObject()
                                                .put("learning_rate", rate)
                                                .put("epochs", 5)
                                                .put("simulation", new JsonObject().put("step_seconds", 0.005))));
    }

    private void run(String suite, long agent, String version) {
        String id = api.post(
                        "/benchmarks/" + suite + "/runs",
                        new JsonObject()
                                .put("agent_id", agent)
                                .put("version", version)
                                .put("max_concurrent", 8))
                .is(202)
                .json()
                .getString("id");
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> "succeeded"
                .equals(api.get("/experiments/" + id).is(200).json().getString("state")));
    }

    @Test
    void versions_are_ranked_and_a_regression_is_flagged() {
        String suite = api.post("/benchmarks", suite()).is(201).json().getString("id");
        long agent = api.post(
                        "/agents",
                        version("1.0.0", 0.001)
                                .put("name", "eval-" + UUID.randomUUID())
                                .put("type", "evaluation")
                                .put("runner", "simulation"))
                .is(201)
                .json()
                .getLong("id");
        api.post("/agents/" + agent + "/versions", version("1.1.0", 0.00001)).is(201);
        run(suite, agent, "1.0.0");
        run(suite, agent, "1.1.0");

        JsonArray board = api.items("/benchmarks/" + suite + "/leaderboard");
        assertThat(board).hasSize(2);
        assertThat(board.getJsonObject(0).getString("agent_version")).isEqualTo("1.0.0");
        assertThat(board.getJsonObject(0).getInteger("rank")).isEqualTo(1);
        assertThat(board.getJsonObject(0).getJsonArray("cases").getJsonObject(0).getInteger("n"))
                .isEqualTo(4);
        assertThat(board.getJsonObject(1).getInteger("rank")).isEqualTo(2);

        JsonArray history = api.items("/benchmarks/" + suite + "/history?agent_id=" + agent);
        assertThat(history.getJsonObject(0).getBoolean("regressed")).isFalse();
        JsonObject second = history.getJsonObject(1);
        assertThat(second.getString("previous_version")).isEqualTo("1.0.0");
        assertThat(second.getBoolean("regressed")).as(second.encode()).isTrue();

        assertThat(api.get("/benchmarks/" + suite + "/export?format=csv")
                        .is(200)
                        .text())
                .startsWith("rank,agent_id,agent_version,case,metric")
                .contains("1," + agent + ",\"1.0.0\",\"low\",\"loss\",minimize,4,");
        JsonObject json = api.get("/benchmarks/" + suite + "/export").is(200).json();
        assertThat(json.getJsonArray("items")).isEqualTo(board);
        assertThat(api.items("/benchmarks/" + suite + "/runs?agent_id=" + agent))
                .hasSize(2);
    }

    @Test
    void only_evaluation_agents_run_suites_and_names_are_unique() {
        JsonObject body = suite();
        String suite = api.post("/benchmarks", body).is(201).json().getString("id");
        api.post("/benchmarks", body).problem(409, "name_taken");
        api.post("/benchmarks/" + suite + "/runs", new JsonObject().put("agent_id", api.shell("true")))
                .problem(422, "invalid_field");
        api.post(
                        "/benchmarks",
                        suite().put(
                                        "cases",
                                        new JsonArray()
                                                .add(oneCase("x", "loss", "minimize"))
                                                .add(oneCase("x", "loss", "minimize"))))
                .problem(422, "invalid_field");
        api.get("/benchmarks/" + UUID.randomUUID() + "/leaderboard").problem(404, "not_found");
        api.get("/benchmarks/" + suite + "/history").problem(400, "bad_request");
    }
}
