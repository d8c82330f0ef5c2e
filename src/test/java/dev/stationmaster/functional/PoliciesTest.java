package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Safety policies from the outside: who may write them, what they refuse, and what they leave on record. */
class PoliciesTest {
    private static TestServer server;
    private static Api admin;
    private static Api developer;
    private static Api viewer;

    @BeforeAll
    static void start() {
        server = TestServer.start(Map.of("runners.simulation_gpus", "4"));
        admin = server.admin();
        developer = server.user("developer");
        viewer = server.user("viewer");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void noPoliciesAreLeft() {
        for (Object item : admin.items("/policies?limit=500")) {
            JsonObject policy = (JsonObject) item;
            if ("api".equals(policy.getString("source"))) {
                admin.delete("/policies/" + policy.getString("id")).is(204);
            }
        }
    }

    private static String name() {
        return "p" + UUID.randomUUID();
    }

    private static JsonObject policy(String expression) {
        return new JsonObject()
                .put("name", name())
                .put("expression", expression)
                .put("message", "Ask for less.");
    }

    private static JsonObject forAgents(String expression) {
        return policy(expression).put("applies_to", new JsonArray().add("agent"));
    }

    private static JsonObject made(JsonObject policy) {
        return admin.post("/policies", policy).is(201).json();
    }

    private static JsonObject job(long agent) {
        return new JsonObject().put("agent_id", agent).put("name", "judged");
    }

    private static JsonArray history(String policy) {
        return viewer.items("/compliance?policy=" + policy);
    }

    @Test
    void a_fresh_server_has_the_shipped_policies_and_refuses_nothing() {
        JsonArray items = viewer.items("/policies");
        assertThat(items).hasSize(6).allSatisfy(item -> {
            JsonObject policy = (JsonObject) item;
            assertThat(policy.getBoolean("enabled")).isFalse();
            assertThat(policy.getString("source")).isEqualTo("file");
        });
        developer.awaitEnd(developer.submit(developer.shell("true")));
    }

    @Test
    void an_enforced_policy_refuses_at_once_with_every_reason_and_leaves_no_job() {
        long agent = developer.shell("true");
        JsonObject few = made(policy("job.priority < 5"));
        JsonObject timed = made(policy("job.timeout_seconds <= 60"));
        JsonObject problem = developer
                .post("/jobs", job(agent).put("priority", 9))
                .problem(422, "policy_violation")
                .json();
        assertThat(problem.getString("detail"))
                .contains("Refused by 2 safety policies")
                .contains(few.getString("name") + ": Ask for less.")
                .contains("timeout_seconds is not given");
        assertThat(problem.getJsonArray("errors")).hasSize(2);
        assertThat(developer.items("/jobs?agent_id=" + agent)).isEmpty();
        JsonObject entry = history(timed.getString("name")).getJsonObject(0);
        assertThat(entry.getBoolean("refused")).isTrue();
        assertThat(entry.getString("subject_id")).isNull();
        assertThat(entry.getString("subject_name")).isEqualTo("judged");
        assertThat(entry.getLong("agent_id")).isEqualTo(agent);
        developer
                .post("/jobs", job(agent).put("priority", 2).put("timeout_seconds", 30))
                .is(201);
    }

    @Test
    void a_retry_is_judged_as_well() {
        long agent = developer.shell("true");
        String done = developer.submit(agent);
        developer.awaitEnd(done);
        JsonObject policy = made(policy("job.priority == 1"));
        developer.post("/jobs/" + done + "/retry").problem(422, "policy_violation");
        admin.patch("/policies/" + policy.getString("id"), new JsonObject().put("enabled", false))
                .is(200);
        developer.post("/jobs/" + done + "/retry").is(201);
    }

    @Test
    void a_warning_is_an_event_of_the_job_and_an_audit_is_only_history() {
        long agent = developer.shell("true");
        JsonObject warn = made(policy("false").put("mode", "warn"));
        JsonObject audit = made(policy("false").put("mode", "audit"));
        String id = developer.submit(agent);
        var warnings = developer.items("/jobs/" + id + "/events").stream()
                .map(JsonObject.class::cast)
                .filter(event -> "policy_warning".equals(event.getString("kind")))
                .toList();
        assertThat(warnings).hasSize(1);
        assertThat(warnings.get(0).getString("message")).isEqualTo(warn.getString("name") + ": Ask for less.");
        assertThat(warnings.get(0).getString("reason")).isEqualTo(warn.getString("name"));
        for (JsonObject policy : java.util.List.of(warn, audit)) {
            JsonObject entry = history(policy.getString("name")).getJsonObject(0);
            assertThat(entry.getString("subject_id")).isEqualTo(id);
            assertThat(entry.getBoolean("refused")).isFalse();
            assertThat(entry.getString("mode")).isEqualTo(policy.getString("mode"));
        }
        developer.awaitEnd(id);
    }

    @Test
    void everything_an_expression_may_speak_of_is_there() {
        long agent = developer.agent(
                new JsonObject()
                        .put("type", "real_deployment")
                        .put("budget_limit", 5)
                        .put("labels", new JsonObject().put("team", "red"))
                        .put("config", new JsonObject().put("hyperparameters", new JsonObject().put("lr", 0.5))),
                "true");
        String user = developer.get("/me").json().getString("username");
        made(policy("agent.id == " + agent + " && agent.type == 'real_deployment' && agent.budget_limit == 5.0 &&"
                + " agent.labels.team == 'red' && agent.owner == owner.username &&"
                + " version.name == '1.0.0' && version.command[0] == 'true' && version.hyperparameters.lr == 0.5 &&"
                + " version.cpu == 0.1 && version.memory_bytes == quantity('512Mi') && version.gpus == 0 &&"
                + " !has(version.docker_image) && version.runner == 'process' &&"
                + " job.name == 'judged' && job.priority == 5 && job.runner == 'process' && !job.simulated &&"
                + " job.hyperparameters.lr == 2 && job.training_config.data == 'd' && job.cpu == 0.5 &&"
                + " job.max_attempts == 2 && job.timeout_seconds == 3600 && job.labels.size() == 0 &&"
                + " job.estimated_max_cost > 0.044 && job.estimated_max_cost < 0.046 &&" // 2 h of half a core and 512
                // Mi
                + " owner.username == '" + user + "' && owner.role == 'developer' && owner.id != '' &&"
                + " now > timestamp('2025-01-01T00:00:00Z')"));
        var body = job(agent)
                .put("hyperparameters", new JsonObject().put("lr", 2))
                .put("training_config", new JsonObject().put("data", "d"))
                .put("resource_requirements", new JsonObject().put("cpu", "500m"))
                .put("max_attempts", 2)
                .put("timeout_seconds", 3600);
        developer.awaitEnd(developer.post("/jobs", body).is(201).json().getString("id"));
    }

    @Test
    void large_bodies_are_judged_as_well_and_too_large_ones_are_refused() {
        long agent = developer.shell("true");
        made(policy("!(has(job.training_config.text) && job.training_config.text.matches('needle'))"));
        String hay = "x".repeat(10_000);
        developer.submit(agent, new JsonObject().put("training_config", new JsonObject().put("text", hay)));
        var needle = job(agent).put("training_config", new JsonObject().put("text", hay + "needle"));
        developer.post("/jobs", needle).problem(422, "policy_violation");
        var huge = job(agent).put("training_config", new JsonObject().put("text", hay.repeat(4)));
        String detail = developer
                .post("/jobs", huge)
                .problem(422, "policy_violation")
                .json()
                .getString("detail");
        assertThat(detail).contains("training_config is not given, or too large to be judged");
    }

    @Test
    void agents_are_judged_when_they_are_made_and_changed() {
        long before = developer.shell("true");
        JsonObject policy = made(forAgents("has(agent.labels.team)"));
        developer
                .post("/agents", new JsonObject().put("name", name()).put("type", "research"))
                .problem(422, "policy_violation");
        developer
                .patch("/agents/" + before, new JsonObject().put("description", "d"))
                .problem(422, "policy_violation");
        var labels = new JsonObject().put("labels", new JsonObject().put("team", "red"));
        developer.patch("/agents/" + before, labels).is(200);
        developer.agent(labels, "true");
        assertThat(history(policy.getString("name"))).hasSize(2);
        admin.patch("/policies/" + policy.getString("id"), new JsonObject().put("mode", "warn"))
                .is(200);
        long warned = developer.shell("true");
        JsonObject entry = history(policy.getString("name")).getJsonObject(0);
        assertThat(entry.getString("subject_kind")).isEqualTo("agent");
        assertThat(entry.getString("subject_id")).isEqualTo(Long.toString(warned));
    }

    @Test
    void what_is_wrong_with_an_expression_is_said_with_its_place() {
        JsonObject problem = admin.post("/policies", policy("job.gpus > 1 &&\n job.gpuss < 2"))
                .problem(422, "policy_invalid")
                .json();
        JsonObject error = problem.getJsonArray("errors").getJsonObject(0);
        assertThat(error.getString("pointer")).isEqualTo("/expression");
        assertThat(error.getString("detail")).startsWith("2:5 undefined field 'gpuss'");
        admin.post("/policies", policy("job.gpus")).problem(422, "policy_invalid");
        admin.post("/policies", forAgents("job.gpus == 1")).problem(422, "policy_invalid");
        JsonObject good = made(policy("job.gpus == 1"));
        admin.patch("/policies/" + good.getString("id"), new JsonObject().put("expression", "1 +"))
                .problem(422, "policy_invalid");
        admin.post("/policies", policy("true").put("mode", "loud")).problem(400, "bad_request");
        admin.post("/policies", policy("x".repeat(4001))).problem(400, "bad_request");
        admin.post("/policies", policy("true").put("name", "Big Name")).problem(400, "bad_request");
        admin.post("/policies", policy("true").put("name", good.getString("name")))
                .problem(409, "name_taken");
    }

    @Test
    void policies_are_read_changed_guarded_and_audited() {
        JsonObject body = policy("job.gpus == 0");
        Api.Answer answer = admin.post("/policies", body, "Idempotency-Key", "k-" + body.getString("name"));
        JsonObject policy = answer.is(201).json();
        String path = "/policies/" + policy.getString("id");
        assertThat(answer.response().headers().firstValue("Location")).contains("/api/v1" + path);
        assertThat(admin.post("/policies", body, "Idempotency-Key", "k-" + body.getString("name"))
                        .is(201)
                        .json())
                .isEqualTo(policy);
        assertThat(viewer.get(path).is(200).json()).isEqualTo(policy);
        admin.patch(path, new JsonObject().put("mode", "warn"), "If-Match", "\"1\"")
                .is(200);
        admin.patch(path, new JsonObject().put("mode", "audit"), "If-Match", "\"1\"")
                .problem(412, "precondition_failed");
        admin.delete(path).is(204);
        admin.get(path).problem(404, "not_found");
        admin.patch(path, new JsonObject().put("mode", "audit")).problem(404, "not_found");
        var actions = admin.items("/audit?target=policy/" + policy.getString("name"));
        assertThat(actions.stream().map(a -> ((JsonObject) a).getString("action")))
                .containsExactly("policy.delete", "policy.update", "policy.create");
    }

    @Test
    void only_administrators_write_and_viewers_read() {
        JsonObject policy = made(policy("true"));
        String path = "/policies/" + policy.getString("id");
        Api operator = server.user("operator");
        operator.post("/policies", policy("true")).problem(403, "forbidden");
        operator.patch(path, new JsonObject().put("enabled", false)).problem(403, "forbidden");
        operator.delete(path).problem(403, "forbidden");
        viewer.get("/compliance").is(200);
        viewer.post("/policies/dry-run", new JsonObject().put("expression", "true"))
                .problem(403, "forbidden");
        operator.post("/policies/dry-run", new JsonObject().put("expression", "true"))
                .is(200);
    }

    @Test
    void a_policy_of_a_file_is_changed_there() {
        JsonObject file = viewer.items("/policies").getJsonObject(0);
        String path = "/policies/" + file.getString("id");
        JsonObject problem = admin.patch(path, new JsonObject().put("enabled", true))
                .problem(409, "invalid_state")
                .json();
        assertThat(problem.getString("detail")).contains(file.getString("file"));
        admin.delete(path).problem(409, "invalid_state");
    }

    @Test
    void a_dry_run_judges_what_is_stored_and_changes_nothing() {
        Api other = server.user("developer");
        long agent = other.shell("true");
        String job = other.submit(agent);
        String user = other.get("/me").json().getString("username");
        JsonObject result = admin.post(
                        "/policies/dry-run",
                        new JsonObject()
                                .put("expression", "agent.owner != '" + user + "' || has(agent.labels.team)")
                                .put("applies_to", new JsonArray().add("agent").add("job"))
                                .put("message", "Say whose it is."))
                .is(200)
                .json();
        for (String kind : java.util.List.of("agents", "jobs")) {
            JsonObject summary = result.getJsonObject(kind);
            assertThat(summary.getInteger("violating")).isEqualTo(1);
            assertThat(summary.getInteger("allowed") + 1).isEqualTo(summary.getInteger("checked"));
            JsonObject example = summary.getJsonArray("examples").getJsonObject(0);
            assertThat(example.getString("subject_id")).isEqualTo("jobs".equals(kind) ? job : Long.toString(agent));
            assertThat(example.getString("message")).isEqualTo("Say whose it is.");
            assertThat(example.getString("owner")).isEqualTo(user);
        }
        assertThat(viewer.items("/compliance?agent_id=" + agent)).isEmpty();
        JsonObject few = admin.post(
                        "/policies/dry-run",
                        new JsonObject().put("expression", "true").put("limit", 1))
                .is(200)
                .json();
        assertThat(few.getJsonObject("jobs").getInteger("checked")).isEqualTo(1);
        assertThat(few.getJsonObject("agents").getInteger("checked")).isZero();
        admin.post("/policies/dry-run", new JsonObject().put("expression", "job.nope == 1"))
                .problem(422, "policy_invalid");
    }

    @Test
    void compliance_shows_who_breaks_what_now_and_pages_through_history() {
        Api other = server.user("developer");
        String user = other.get("/me").json().getString("username");
        long agent = other.shell("sleep 60");
        String running = other.submit(agent);
        JsonObject labels = made(forAgents("has(agent.labels.team)").put("mode", "audit"));
        JsonObject timed = made(policy("has(job.timeout_seconds)"));
        JsonObject report = viewer.get("/compliance?owner=" + user).is(200).json();
        JsonObject standing = report.getJsonObject("standing");
        assertThat(standing.getBoolean("complete")).isTrue();
        assertThat(standing.getInteger("agents_checked")).isEqualTo(1);
        assertThat(standing.getJsonArray("items").stream()
                        .map(JsonObject.class::cast)
                        .map(f -> f.getString("subject_kind") + " " + f.getString("subject_id") + " "
                                + f.getString("policy") + " " + f.getString("agent_version")))
                .containsExactly(
                        "agent " + agent + " " + labels.getString("name") + " 1.0.0",
                        "job " + running + " " + timed.getString("name") + " 1.0.0");
        assertThat(report.getJsonArray("items")).isEmpty();
        for (int i = 0; i < 3; i++) {
            other.post("/jobs", job(agent)).problem(422, "policy_violation");
        }
        String query = "/compliance?limit=2&agent_id=" + agent + "&policy=" + timed.getString("name");
        JsonObject first = viewer.get(query).is(200).json();
        assertThat(first.getJsonArray("items")).hasSize(2);
        JsonObject second = viewer.get(query + "&cursor=" + first.getString("next_cursor"))
                .is(200)
                .json();
        assertThat(second.getJsonArray("items")).hasSize(1);
        assertThat(second.getValue("standing")).isNull();
        assertThat(second.getValue("next_cursor")).isNull();
        assertThat(viewer.items(query + "&since=2999-01-01T00:00:00Z")).isEmpty();
        assertThat(viewer.items(query + "&since=2000-01-01T00:00:00Z")).hasSize(2);
        viewer.get("/compliance?since=yesterday").problem(400, "bad_request");
        viewer.get("/compliance?cursor=x").problem(400, "bad_request");
        other.post("/jobs/" + running + "/cancel").is(202);
        other.awaitEnd(running);
    }
}
