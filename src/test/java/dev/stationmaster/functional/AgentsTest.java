package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Agents, their versions and the examples that users already have. */
class AgentsTest {
    /** The bodies as users know them, unchanged. */
    static final String AGENT = """
            {"name": "campaign-optimizer-v1", "type": "real_deployment", "version": "1.0.0",
             "docker_image": "gcr.io/gaelp/campaign-optimizer:v1.0.0",
             "description": "Campaign optimization agent for Google Ads",
             "config": {"hyperparameters": {"learning_rate": 0.001, "batch_size": 32},
                        "environment_selection": "production", "performance_thresholds": {"accuracy": 0.85}},
             "resource_requirements": {"cpu": "2", "memory": "4Gi", "gpu": "1"}, "budget_limit": 1000.0}""";

    static final String JOB = """
            {"agent_id": 1, "name": "training-run-001", "priority": 8,
             "hyperparameters": {"epochs": 100, "learning_rate": 0.001},
             "training_config": {"dataset": "google_ads_campaigns_2024", "validation_split": 0.2}}""";

    private static Api api;

    @BeforeAll
    static void server() {
        api = TestServer.shared().user("developer");
    }

    @Test
    void the_known_examples_work_unchanged_and_the_gpu_is_refused_where_there_is_none() {
        try (TestServer none = TestServer.start(Map.of())) {
            Api admin = none.admin();
            JsonObject agent = admin.send("POST", "/agents", AGENT).is(201).json();
            assertThat(agent.getInteger("id")).isEqualTo(1);
            assertThat(agent.getDouble("budget_limit")).isEqualTo(1000.0);
            assertThat(agent.getJsonObject("resource_requirements"))
                    .isEqualTo(new JsonObject()
                            .put("cpu", "2")
                            .put("memory", "4Gi")
                            .put("gpu", "1"));
            assertThat(agent.getJsonObject("config")
                            .getJsonObject("hyperparameters")
                            .getDouble("learning_rate"))
                    .isEqualTo(0.001);
            JsonObject problem = admin.send("POST", "/jobs", JOB)
                    .problem(422, "no_matching_runner")
                    .json();
            assertThat(problem.getString("detail")).contains("asks for 1 GPU, no runner has one");
            assertThat(admin.items("/jobs")).isEmpty();
        }
    }

    @Test
    void the_known_examples_are_accepted_where_a_runner_has_a_gpu() {
        try (TestServer some =
                TestServer.start(Map.of("runners.simulation_gpus", "2", "runners.image_agents", "simulate"))) {
            Api admin = some.admin();
            admin.send("POST", "/agents", AGENT).is(201);
            Api.Answer answer = admin.send("POST", "/jobs", JOB).is(201);
            JsonObject job = answer.json();
            assertThat(answer.response().headers().firstValue("Location"))
                    .contains("/api/v1/jobs/" + job.getString("id"));
            assertThat(job.getInteger("priority")).isEqualTo(8);
            assertThat(job.getBoolean("simulated")).isTrue();
            assertThat(job.getJsonObject("hyperparameters").getInteger("batch_size"))
                    .isEqualTo(32);
            assertThat(job.getJsonObject("hyperparameters").getInteger("epochs"))
                    .isEqualTo(100);
            admin.awaitState(job.getString("id"), "running");
            admin.post("/jobs/" + job.getString("id") + "/cancel").is(202);
            admin.awaitEnd(job.getString("id"));
        }
    }

    @Test
    void a_change_to_what_runs_is_a_new_version_and_an_old_one_comes_back() {
        long id = api.shell("true");
        JsonObject changed = api.patch(
                        "/agents/" + id, new JsonObject().put("command", new JsonArray().add("/bin/false")))
                .is(200)
                .json();
        assertThat(changed.getString("version")).isEqualTo("1.0.1");
        api.patch("/agents/" + id, new JsonObject().put("description", "only words"))
                .is(200);
        api.post("/agents/" + id + "/versions", new JsonObject().put("version", "2.0"))
                .is(201);
        api.post("/agents/" + id + "/versions", new JsonObject().put("version", "1.0.0"))
                .problem(409, "version_exists");
        assertThat(api.items("/agents/" + id + "/versions").stream().map(v -> ((JsonObject) v).getString("version")))
                .containsExactly("2.0", "1.0.1", "1.0.0");
        JsonObject back = api.post("/agents/" + id + "/rollback", new JsonObject().put("version", "1.0.0"))
                .is(200)
                .json();
        assertThat(back.getJsonArray("command").getString(0)).isEqualTo("/bin/sh");
        api.post("/agents/" + id + "/rollback", new JsonObject().put("version", "9"))
                .problem(404, "not_found");
    }

    @Test
    void two_people_who_edit_at_once_do_not_overwrite_each_other() {
        long id = api.shell("true");
        String etag =
                api.get("/agents/" + id).response().headers().firstValue("ETag").orElseThrow();
        api.patch("/agents/" + id, new JsonObject().put("description", "first"), "If-Match", etag)
                .is(200);
        api.patch("/agents/" + id, new JsonObject().put("description", "second"), "If-Match", etag)
                .problem(412, "precondition_failed");
    }

    @Test
    void a_real_deployment_needs_a_budget() {
        var body = new JsonObject().put("name", "real-" + UUID.randomUUID()).put("type", "real_deployment");
        api.post("/agents", body).problem(422, "budget_required");
        long id = api.post("/agents", body.put("budget_limit", "12.5"))
                .is(201)
                .json()
                .getLong("id");
        api.patch("/agents/" + id, new JsonObject().putNull("budget_limit")).problem(422, "budget_required");
    }

    @Test
    void delete_refuses_while_jobs_run_and_history_stays() {
        long id = api.shell("sleep 30");
        String job = api.submit(id);
        api.awaitState(job, "running");
        api.delete("/agents/" + id).problem(409, "has_active_jobs");
        api.post("/jobs/" + job + "/cancel").is(202);
        api.awaitEnd(job);
        api.delete("/agents/" + id).is(204);
        api.get("/agents/" + id).problem(404, "not_found");
        assertThat(api.job(job).getString("state")).isEqualTo("cancelled");
        api.post("/jobs", new JsonObject().put("agent_id", id).put("name", "late"))
                .problem(404, "not_found");
    }

    @Test
    void names_are_unique_and_creation_is_idempotent() {
        var body = new JsonObject().put("name", "one-" + UUID.randomUUID()).put("type", "research");
        String key = UUID.randomUUID().toString();
        long id =
                api.post("/agents", body, "Idempotency-Key", key).is(201).json().getLong("id");
        assertThat(api.post("/agents", body, "Idempotency-Key", key)
                        .is(201)
                        .json()
                        .getLong("id"))
                .isEqualTo(id);
        api.post("/agents", body).problem(409, "name_taken");
    }

    @Test
    void quotas_are_read_by_their_user_and_set_by_operators() {
        String me = api.get("/me").json().getString("username");
        JsonObject quota = api.get("/quotas/" + me).is(200).json();
        assertThat(quota.getJsonObject("limits"))
                .isEqualTo(new JsonObject()
                        .put("cpu", "10")
                        .put("memory", "20G")
                        .put("gpu", "2")
                        .put("storage", "100G"));
        api.put("/quotas/" + me, new JsonObject().put("cpu", "99")).problem(403, "forbidden");
        api.get("/quotas/admin").problem(403, "forbidden");
        JsonObject raised = TestServer.shared()
                .admin()
                .put("/quotas/" + me, new JsonObject().put("cpu", "11").put("budget_limit", 5))
                .is(200)
                .json();
        assertThat(raised.getJsonObject("limits").getString("cpu")).isEqualTo("11");
        assertThat(raised.getDouble("budget_limit")).isEqualTo(5.0);
        assertThat(raised.getJsonObject("used").getString("cpu")).isEqualTo("0");
    }
}
