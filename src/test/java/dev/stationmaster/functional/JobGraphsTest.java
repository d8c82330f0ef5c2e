package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Jobs that depend on each other are submitted together: all or none. */
class JobGraphsTest {
    private static Api api;
    private static long succeeds;
    private static long fails;
    private static long endless;

    @BeforeAll
    static void start() {
        api = TestServer.shared().user("developer");
        succeeds = api.shell("true");
        fails = api.shell("exit 3");
        endless = api.shell("sleep 600");
    }

    private static JsonObject job(long agent, String... dependsOn) {
        return new JsonObject()
                .put("agent_id", agent)
                .put("name", "part")
                .put("depends_on", new JsonArray(List.of(dependsOn)));
    }

    private static JsonObject graph(JsonObject jobs) {
        return new JsonObject().put("name", "pipeline").put("jobs", jobs);
    }

    private static JsonObject submitted(JsonObject jobs) {
        return api.post("/job-graphs", graph(jobs)).is(201).json();
    }

    private static JsonObject get(String graph) {
        return api.get("/job-graphs/" + graph).is(200).json();
    }

    private static JsonObject awaitEnd(String graph) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !"running"
                .equals(get(graph).getString("state")));
        return get(graph);
    }

    private static JsonObject part(JsonObject graph, String key) {
        return graph.getJsonArray("jobs").stream()
                .map(JsonObject.class::cast)
                .filter(job -> key.equals(job.getString("key")))
                .findFirst()
                .orElseThrow();
    }

    /** A graph that must be refused, and leave nothing behind. */
    private static JsonObject refused(JsonObject jobs, int status, String code) {
        JsonObject problem =
                api.post("/job-graphs", graph(jobs)).problem(status, code).json();
        assertThat(api.items("/jobs?agent_id=" + succeeds + "&owner=" + me())).isEmpty();
        return problem;
    }

    private static String me() {
        return api.get("/me").json().getString("username");
    }

    private static String pointer(JsonObject problem) {
        return problem.getJsonArray("errors").getJsonObject(0).getString("pointer");
    }

    /** Its own agent, whose list of jobs shows whether anything was written. */
    private static void fresh() {
        succeeds = api.shell("true");
    }

    @Test
    void a_diamond_runs_in_its_order_and_says_so() {
        String before = api.submit(succeeds);
        JsonObject made = submitted(new JsonObject()
                .put("report", job(succeeds, "left", "right"))
                .put("left", job(succeeds, "load"))
                .put("right", job(succeeds, "load").put("priority", 9))
                .put("load", job(succeeds, before)));
        JsonObject ids = made.getJsonObject("jobs");
        assertThat(ids.fieldNames()).isEqualTo(Set.of("report", "left", "right", "load"));
        JsonObject done = awaitEnd(made.getString("id"));
        assertThat(done.getString("state")).isEqualTo("succeeded");
        assertThat(done.getString("name")).isEqualTo("pipeline");
        assertThat(done.getJsonArray("jobs").getJsonObject(0).getString("key")).isEqualTo("load");
        assertThat(done.getJsonArray("jobs").getJsonObject(3).getString("key")).isEqualTo("report");
        assertThat(done.getJsonArray("edges"))
                .hasSize(5)
                .contains(
                        new JsonObject().put("from", "left").put("to", "report"),
                        new JsonObject().put("from", before).put("to", "load"));
        JsonObject right = part(done, "right");
        assertThat(right.getInteger("priority")).isEqualTo(9);
        assertThat(right.getString("started_at"))
                .isGreaterThan(part(done, "load").getString("finished_at"));
        JsonObject report = api.job(ids.getString("report"));
        assertThat(report.getString("graph_id")).isEqualTo(made.getString("id"));
        assertThat(report.getJsonArray("depends_on")).containsExactly(ids.getString("left"), ids.getString("right"));
        assertThat(api.job(before).getString("graph_id")).isNull();
        assertThat(TestServer.shared()
                        .admin()
                        .items("/audit?target=job_graph/" + made.getString("id"))
                        .encode())
                .contains("job_graph.create");
    }

    @Test
    void what_waits_for_a_failure_fails_with_it() {
        JsonObject done = awaitEnd(submitted(new JsonObject()
                        .put("first", job(fails))
                        .put("then", job(succeeds, "first"))
                        .put("anyway", job(succeeds, "first").put("on_dependency_failure", "run")))
                .getString("id"));
        assertThat(done.getString("state")).isEqualTo("failed");
        assertThat(part(done, "then").getString("reason")).isEqualTo("dependency_failed");
        assertThat(part(done, "anyway").getString("state")).isEqualTo("succeeded");
    }

    @Test
    void a_cycle_is_refused_with_its_path() {
        fresh();
        JsonObject problem = refused(
                new JsonObject()
                        .put("start", job(succeeds))
                        .put("a", job(succeeds, "start", "b"))
                        .put("b", job(succeeds, "c"))
                        .put("c", job(succeeds, "a")),
                422,
                "invalid_field");
        assertThat(problem.getString("detail")).contains("a → b → c → a");
        assertThat(pointer(problem)).isEqualTo("/jobs/a/depends_on");
        assertThat(refused(new JsonObject().put("a", job(succeeds, "a")), 422, "invalid_field")
                        .getString("detail"))
                .contains("a → a");
    }

    @Test
    void a_name_that_nobody_has_is_refused_by_its_place() {
        fresh();
        JsonObject jobs = new JsonObject().put("a", job(succeeds)).put("b", job(succeeds, "a", "missing"));
        assertThat(pointer(refused(jobs, 422, "invalid_field"))).isEqualTo("/jobs/b/depends_on/1");
        // 36 letters, but no id
        jobs.put("b", job(succeeds, "a", "x".repeat(36)));
        assertThat(pointer(refused(jobs, 422, "invalid_field"))).isEqualTo("/jobs/b/depends_on/1");
        jobs.put("b", job(succeeds, "a", UUID.randomUUID().toString()));
        assertThat(pointer(refused(jobs, 422, "invalid_field"))).isEqualTo("/jobs/b/depends_on");
    }

    @Test
    void one_job_that_can_not_run_keeps_all_out_and_each_reason_is_named() {
        fresh();
        JsonObject problem = refused(
                new JsonObject()
                        .put("good", job(succeeds))
                        .put("nowhere", job(succeeds, "good").put("queue", "nowhere"))
                        .put("huge", job(succeeds).put("resource_requirements", new JsonObject().put("cpu", "100000"))),
                422,
                "no_matching_runner");
        assertThat(problem.getString("detail")).contains("huge");
        assertThat(problem.getJsonArray("errors").encode())
                .contains("\"/jobs/nowhere/queue\"", "\"/jobs/huge/resource_requirements/cpu\"");
        refused(new JsonObject().put("a", job(succeeds)).put("b", job(999_999_999L)), 404, "not_found");
        Api other = TestServer.shared().user("developer");
        refused(new JsonObject().put("a", job(succeeds)).put("b", job(other.shell("true"))), 403, "forbidden");
        refused(
                new JsonObject()
                        .put("a", job(succeeds))
                        .put("b", job(succeeds).put("replicas", 1).put("min_replicas", 2)),
                422,
                "invalid_field");
    }

    @Test
    void a_policy_that_refuses_one_refuses_all() {
        fresh();
        Api admin = TestServer.shared().admin();
        String policy = admin.post(
                        "/policies",
                        new JsonObject()
                                .put("name", "p" + UUID.randomUUID().toString().substring(0, 8))
                                .put("applies_to", new JsonArray().add("job"))
                                .put("mode", "enforce")
                                .put("message", "Not under this name.")
                                .put("expression", "job.name != 'forbidden graph part'"))
                .is(201)
                .json()
                .getString("id");
        try {
            JsonObject problem = refused(
                    new JsonObject()
                            .put("a", job(succeeds))
                            .put("b", job(succeeds, "a").put("name", "forbidden graph part")),
                    422,
                    "policy_violation");
            assertThat(problem.getString("detail")).contains("Not under this name.");
            assertThat(pointer(problem)).isEqualTo("/jobs/b");
        } finally {
            admin.delete("/policies/" + policy).is(204);
        }
    }

    @Test
    void a_body_that_does_not_fit_the_contract_is_refused_by_field() {
        fresh();
        assertThat(refused(new JsonObject().put("a", job(succeeds).put("priority", 11)), 400, "bad_request")
                        .encode())
                .contains("/jobs/a/priority");
        refused(new JsonObject().put("a", job(succeeds).put("bogus", 1)), 400, "bad_request");
        refused(new JsonObject().put("bad/key", job(succeeds)), 400, "bad_request");
        refused(new JsonObject(), 400, "bad_request");
        var many = new JsonObject();
        for (int i = 0; i <= 200; i++) {
            many.put("n" + i, job(succeeds));
        }
        refused(many, 400, "bad_request");
        api.send(
                        "POST",
                        "/job-graphs",
                        graph(new JsonObject().put("a", job(succeeds).put("name", "N")))
                                .encode()
                                .replace("\"N\"", "\"a\\u0000b\""))
                .problem(422, "invalid_field");
    }

    @Test
    void two_hundred_jobs_in_a_line_are_cancelled_together_and_none_fails_for_another() {
        var jobs = new JsonObject().put("n0", job(endless));
        for (int i = 1; i < 200; i++) {
            jobs.put("n" + i, job(succeeds, "n" + (i - 1)));
        }
        JsonObject made = submitted(jobs);
        String id = made.getString("id");
        api.awaitState(made.getJsonObject("jobs").getString("n0"), "running");
        assertThat(get(id).getString("state")).isEqualTo("running");
        Api stranger = TestServer.shared().user("developer");
        stranger.post("/job-graphs/" + id + "/cancel").problem(403, "forbidden");
        api.post("/job-graphs/" + id + "/cancel").is(202);
        JsonObject done = awaitEnd(id);
        assertThat(done.getString("state")).isEqualTo("cancelled");
        assertThat(done.getJsonArray("jobs")).hasSize(200).allMatch(job -> "cancelled"
                .equals(((JsonObject) job).getString("state")));
        assertThat(api.post("/job-graphs/" + id + "/cancel").is(202).json().getString("state"))
                .isEqualTo("cancelled");
    }

    @Test
    void the_same_call_with_an_idempotency_key_is_one_graph() throws Exception {
        String key = UUID.randomUUID().toString();
        JsonObject body = graph(new JsonObject().put("a", job(succeeds)).put("b", job(succeeds, "a")));
        var pool = Executors.newFixedThreadPool(8);
        var calls = new ArrayList<Callable<JsonObject>>();
        for (int i = 0; i < 16; i++) {
            calls.add(() -> api.post("/job-graphs", body, "Idempotency-Key", key)
                    .is(201)
                    .json());
        }
        var answers = new java.util.HashSet<JsonObject>();
        for (var call : pool.invokeAll(calls)) {
            answers.add(call.get());
        }
        pool.shutdown();
        assertThat(answers).hasSize(1);
        String id = answers.iterator().next().getString("id");
        assertThat(TestServer.shared().sql("SELECT count(*) FROM jobs WHERE graph_id = '" + id + "'"))
                .isEqualTo(2);
        api.post("/job-graphs", body.copy().put("name", "another"), "Idempotency-Key", key)
                .problem(422, "idempotency_key_reused");
        awaitEnd(id);
    }

    @Test
    void a_duplicate_keeps_all_out() {
        fresh();
        var dedup = new JsonObject().put("key", UUID.randomUUID().toString());
        String first = api.submit(endless, new JsonObject().put("dedup", dedup));
        JsonObject problem = refused(
                new JsonObject().put("a", job(succeeds)).put("b", job(succeeds).put("dedup", dedup)),
                409,
                "duplicate_job");
        assertThat(problem.getString("detail")).contains(first);
        assertThat(pointer(problem)).isEqualTo("/jobs/b/dedup");
        api.post("/jobs/" + first + "/cancel").is(202);
        api.awaitEnd(first);
        JsonObject twins = refused(
                new JsonObject()
                        .put("a", job(succeeds).put("dedup", dedup))
                        .put("b", job(succeeds).put("dedup", dedup)),
                409,
                "duplicate_job");
        assertThat(twins.getString("detail")).contains("as job a");
    }

    @Test
    void agents_see_and_make_graphs_of_their_own_agent_only() {
        long other = api.shell("true");
        JsonObject mixed = submitted(new JsonObject().put("a", job(endless)).put("b", job(other, "a")));
        Api machine = api.with(api.post(
                        "/tokens",
                        new JsonObject().put("name", "m").put("role", "agent").put("agent_id", other))
                .is(201)
                .json()
                .getString("token"));
        machine.get("/job-graphs/" + mixed.getString("id")).problem(404, "not_found");
        machine.post("/job-graphs", graph(new JsonObject().put("a", job(endless))))
                .problem(404, "not_found");
        String own = machine.post("/job-graphs", graph(new JsonObject().put("a", job(other))))
                .is(201)
                .json()
                .getString("id");
        machine.get("/job-graphs/" + own).is(200);
        TestServer.shared().user("viewer").get("/job-graphs/" + own).is(200);
        api.get("/job-graphs/" + UUID.randomUUID()).problem(404, "not_found");
        api.post("/job-graphs/" + mixed.getString("id") + "/cancel").is(202);
        awaitEnd(mixed.getString("id"));
    }
}
