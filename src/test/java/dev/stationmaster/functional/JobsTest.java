package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Jobs from submission to their end, over HTTP. */
class JobsTest {
    private static Api api;

    @BeforeAll
    static void server() {
        api = TestServer.shared().user("developer");
    }

    @Test
    void a_program_runs_and_leaves_log_metrics_artifacts_attempts_and_cost() {
        long agent = api.shell("""
                echo hello
                echo "{\\"metrics\\":{\\"loss\\":0.5,\\"accuracy\\":0.8},\\"step\\":1,\\"total_steps\\":2}"
                echo "{\\"metrics\\":{\\"loss\\":0.25},\\"step\\":2,\\"total_steps\\":2}"
                echo "spec $(grep -c hyperparameters "$STATIONMASTER_SPEC") attempt $STATIONMASTER_ATTEMPT"
                echo data > "$STATIONMASTER_ARTIFACT_DIR/model.txt"
                sleep 1.2
                """);
        String id = api.submit(agent, new JsonObject().put("priority", 8));
        JsonObject job = api.awaitEnd(id);

        assertThat(job.getString("state")).as(job.encode()).isEqualTo("succeeded");
        assertThat(job.getInteger("exit_code")).isZero();
        assertThat(job.getJsonObject("metrics").getDouble("loss")).isEqualTo(0.25);
        assertThat(job.getJsonObject("metrics").getDouble("accuracy")).isEqualTo(0.8);
        assertThat(job.getJsonObject("progress").getDouble("fraction")).isEqualTo(1.0);
        assertThat(job.getDouble("cost")).isPositive();
        assertThat(api.log(id)).isEqualTo("hello\nspec 1 attempt 1\n");
        assertThat(api.items("/jobs/" + id + "/metrics")).hasSize(2);
        assertThat(api.items("/jobs/" + id + "/artifacts").getJsonObject(0).getString("name"))
                .isEqualTo("model.txt");
        assertThat(api.get("/jobs/" + id + "/artifacts/model.txt").is(200).text())
                .isEqualTo("data\n");
        JsonObject attempt = api.items("/jobs/" + id + "/attempts").getJsonObject(0);
        assertThat(attempt.getString("outcome")).isEqualTo("succeeded");
        assertThat(attempt.getDouble("cost")).isPositive();
        List<String> states = api.items("/jobs/" + id + "/events").stream()
                .map(e -> ((JsonObject) e).getString("state"))
                .toList();
        assertThat(states).containsExactly("queued", "admitted", "starting", "running", "succeeded");
    }

    @Test
    void an_artifact_outside_of_the_folder_is_not_given_out() {
        String id = api.submit(api.shell("ln -s /etc/passwd \"$STATIONMASTER_ARTIFACT_DIR/link\""));
        api.awaitEnd(id);
        api.get("/jobs/" + id + "/artifacts/..%2F..%2F..%2Fjwt-secret").problem(404, "not_found");
        api.get("/jobs/" + id + "/artifacts/link").problem(404, "not_found");
        assertThat(api.items("/jobs/" + id + "/artifacts")).isEmpty();
    }

    @Test
    void a_simulation_agent_without_a_command_is_simulated_and_says_so() {
        long agent = api.post(
                        "/agents",
                        new JsonObject().put("name", "sim-" + UUID.randomUUID()).put("type", "simulation"))
                .is(201)
                .json()
                .getLong("id");
        String id = api.submit(
                agent,
                new JsonObject()
                        .put("hyperparameters", new JsonObject().put("epochs", 3))
                        .put(
                                "training_config",
                                new JsonObject().put("simulation", new JsonObject().put("step_seconds", 0.05))));
        JsonObject job = api.awaitEnd(id);
        assertThat(job.getString("state")).as(job.encode()).isEqualTo("succeeded");
        assertThat(job.getBoolean("simulated")).isTrue();
        assertThat(job.getDouble("cost")).isZero();
        assertThat(api.log(id)).contains("[simulation]", "made up");
    }

    @Test
    void the_same_idempotency_key_makes_one_job() {
        long agent = api.shell("true");
        var body = new JsonObject().put("agent_id", agent).put("name", "once");
        String key = UUID.randomUUID().toString();
        String first =
                api.post("/jobs", body, "Idempotency-Key", key).is(201).json().getString("id");
        String second =
                api.post("/jobs", body, "Idempotency-Key", key).is(201).json().getString("id");
        assertThat(second).isEqualTo(first);
        api.post("/jobs", body.copy().put("name", "other"), "Idempotency-Key", key)
                .problem(422, "idempotency_key_reused");
    }

    @Test
    void a_running_job_is_cancelled_even_when_it_ignores_sigterm() {
        String id = api.submit(api.shell("trap '' TERM; echo up; while true; do sleep 0.1; done"));
        api.awaitState(id, "running");
        Awaitility.await().until(() -> api.log(id).contains("up"));
        api.post("/jobs/" + id + "/cancel").is(202);
        JsonObject job = api.awaitEnd(id);
        assertThat(job.getString("state")).isEqualTo("cancelled");
        assertThat(job.getString("reason")).isEqualTo("cancelled_by_user");
        api.post("/jobs/" + id + "/cancel").problem(409, "invalid_state");
    }

    @Test
    void a_finished_job_is_submitted_again_with_its_checkpoints() {
        String id = api.submit(
                api.shell(
                        "cat \"$STATIONMASTER_CHECKPOINT_DIR/n\" 2>/dev/null; echo run >> \"$STATIONMASTER_CHECKPOINT_DIR/n\""));
        api.awaitEnd(id);
        JsonObject again = api.post("/jobs/" + id + "/retry").is(201).json();
        assertThat(again.getString("retried_from")).isEqualTo(id);
        api.awaitEnd(again.getString("id"));
        assertThat(api.log(again.getString("id"))).isEqualTo("run\n");
    }

    @Test
    void a_failed_attempt_is_tried_again_after_a_pause_up_to_max_attempts() {
        String id = api.submit(
                api.shell("echo try $STATIONMASTER_ATTEMPT; exit 3"), new JsonObject().put("max_attempts", 2));
        JsonObject job = api.awaitEnd(id);
        assertThat(job.getString("state")).isEqualTo("failed");
        assertThat(job.getString("reason")).isEqualTo("exit_nonzero");
        assertThat(job.getInteger("exit_code")).isEqualTo(3);
        assertThat(api.items("/jobs/" + id + "/attempts")).hasSize(2);
        assertThat(api.log(id)).isEqualTo("try 1\ntry 2\n");
    }

    @Test
    void higher_priority_runs_first_and_a_waiting_job_says_why_and_where() {
        Api other = TestServer.shared().user("developer");
        long agent = other.agent(
                new JsonObject()
                        .put(
                                "resource_requirements",
                                new JsonObject().put("cpu", "8").put("memory", "64Mi")),
                "/bin/sh",
                "-c",
                "sleep 3");
        String running = other.submit(agent);
        other.awaitState(running, "running");
        String low = other.submit(agent, new JsonObject().put("priority", 2));
        String high = other.submit(agent, new JsonObject().put("priority", 3));
        Awaitility.await()
                .until(() -> other.job(low).getInteger("queue_position") != null
                        && other.job(low).getString("reason") != null);
        assertThat(other.job(low).getString("reason")).isIn("waiting_for_quota", "waiting_for_capacity");
        other.patch("/jobs/" + low, new JsonObject().put("priority", 10)).is(200);
        JsonObject first = other.awaitState(low, "running", "succeeded");
        assertThat(other.job(high).getString("state")).isEqualTo("queued");
        assertThat(first.getInteger("priority")).isEqualTo(10);
        other.patch("/jobs/" + running, new JsonObject().put("priority", 1)).problem(409, "invalid_state");
        other.post("/jobs/" + high + "/cancel").is(202);
        assertThat(other.job(high).getString("state")).isEqualTo("cancelled");
        other.awaitEnd(low);
    }

    @Test
    void follow_streams_until_the_job_ends_and_offsets_count_bytes() {
        String id = api.submit(api.shell("for i in 1 2 3 4 5; do echo \"zeile ä $i\"; sleep 0.2; done"));
        String all = api.get("/jobs/" + id + "/logs?follow=true").is(200).text();
        assertThat(all).isEqualTo("zeile ä 1\nzeile ä 2\nzeile ä 3\nzeile ä 4\nzeile ä 5\n");
        assertThat(api.job(id).getString("state")).isEqualTo("succeeded");
        assertThat(api.get("/jobs/" + id + "/logs?offset=11").text()).isEqualTo(all.substring(10));
        assertThat(api.get("/jobs/" + id + "/logs?limit_bytes=15").text()).isEqualTo("zeile ä 1\n");
    }

    @Test
    void what_can_never_run_is_refused_at_once_with_the_reason() {
        long agent = api.shell("true");
        var gpu = new JsonObject()
                .put("agent_id", agent)
                .put("name", "gpu")
                .put("resource_requirements", new JsonObject().put("gpu", "1"));
        JsonObject refused =
                api.post("/jobs", gpu).problem(422, "no_matching_runner").json();
        assertThat(refused.getString("detail")).contains("GPU");
        var big = gpu.copy().put("resource_requirements", new JsonObject().put("memory", "1Ti"));
        api.post("/jobs", big).problem(422, "no_matching_runner");
        var quota = gpu.copy().put("resource_requirements", new JsonObject().put("storage", "200G"));
        api.post("/jobs", quota).problem(422, "exceeds_max_quota");
        api.post("/jobs", new JsonObject().put("agent_id", 999_999).put("name", "x"))
                .problem(404, "not_found");
    }

    @Test
    void a_job_reports_metrics_with_its_own_token_only_for_itself() {
        long agent = api.shell("""
                printf '%s %s' "$STATIONMASTER_TOKEN" "$STATIONMASTER_URL" > "$STATIONMASTER_ARTIFACT_DIR/token"; sleep 30""");
        String id = api.submit(agent);
        String other = api.submit(api.shell("sleep 30"));
        api.awaitState(id, "running");
        api.awaitState(other, "running");
        Awaitility.await()
                .until(() -> !api.items("/jobs/" + id + "/artifacts").isEmpty()
                        && api.get("/jobs/" + id + "/artifacts/token").text().contains("http"));
        String token = api.get("/jobs/" + id + "/artifacts/token").text().split(" ")[0];
        Api job = api.with(token);
        var point = new JsonObject()
                .put("metrics", new JsonObject().put("reward", 1.5))
                .put("step", 7);
        job.post("/jobs/" + id + "/metrics", point).is(202);
        assertThat(api.job(id).getJsonObject("metrics").getDouble("reward")).isEqualTo(1.5);
        job.post("/jobs/" + other + "/metrics", point).problem(404, "not_found");
        job.get("/jobs/" + other).problem(404, "not_found");
        job.post("/jobs/" + id + "/cancel").problem(403, "forbidden");
        api.post("/jobs/" + id + "/cancel").is(202);
        api.post("/jobs/" + other + "/cancel").is(202);
        api.awaitEnd(id);
        api.awaitEnd(other);
        job.post("/jobs/" + id + "/metrics", point).problem(409, "invalid_state");
    }

    @Test
    void secrets_reach_the_job_but_no_answer() {
        long agent = api.shell("printf %s \"$API_KEY\" | tr a-z A-Z");
        api.put("/agents/" + agent + "/secrets/API_KEY", new JsonObject().put("value", "s3cr3t-value"))
                .is(204);
        String id = api.submit(agent);
        assertThat(api.awaitEnd(id).getString("state")).isEqualTo("succeeded");
        assertThat(api.log(id)).isEqualTo("S3CR3T-VALUE\n");
        assertThat(api.get("/agents/" + agent).text()).contains("API_KEY").doesNotContain("s3cr3t-value");
        assertThat(TestServer.shared().admin().get("/audit?limit=500").text()).doesNotContain("s3cr3t-value");
    }

    @Test
    void lists_filter_and_page() {
        long agent = api.shell("true");
        var ids = new JsonArray();
        for (int i = 0; i < 3; i++) {
            ids.add(api.submit(agent));
        }
        ids.forEach(id -> api.awaitEnd(id.toString()));
        JsonObject page = api.get("/jobs?agent_id=" + agent + "&limit=2&state=succeeded")
                .is(200)
                .json();
        assertThat(page.getJsonArray("items")).hasSize(2);
        JsonObject rest = api.get(
                        "/jobs?agent_id=" + agent + "&limit=2&state=succeeded&cursor=" + page.getString("next_cursor"))
                .is(200)
                .json();
        assertThat(rest.getJsonArray("items")).hasSize(1);
        assertThat(rest.getString("next_cursor")).isNull();
        api.get("/jobs?state=nonsense").problem(400, "bad_request");
        api.get("/jobs?cursor=nonsense").problem(400, "bad_request");
    }

    @Test
    void a_budget_stops_what_runs_and_refuses_what_comes() {
        try (TestServer dear = TestServer.start(java.util.Map.of("prices.cpu_core_hour", "3600"))) {
            Api owner = dear.admin();
            long agent = owner.agent(
                    new JsonObject().put("type", "real_deployment").put("budget_limit", "0.7"),
                    "/bin/sh",
                    "-c",
                    "sleep 100");
            String id = owner.submit(agent);
            JsonObject job = owner.awaitEnd(id);
            assertThat(job.getString("state")).isEqualTo("failed");
            assertThat(job.getString("reason")).isEqualTo("budget_exhausted");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> owner.post(
                                            "/jobs",
                                            new JsonObject()
                                                    .put("agent_id", agent)
                                                    .put("name", "late"))
                                    .status()
                            == 422);
            owner.post("/jobs", new JsonObject().put("agent_id", agent).put("name", "late"))
                    .problem(422, "budget_exhausted");
            owner.patch("/agents/" + agent, new JsonObject().put("budget_limit", 1000))
                    .is(200);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> owner.post(
                                            "/jobs",
                                            new JsonObject()
                                                    .put("agent_id", agent)
                                                    .put("name", "late"))
                                    .status()
                            == 201);
        }
    }
}
