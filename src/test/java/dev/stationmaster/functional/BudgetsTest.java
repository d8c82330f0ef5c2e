package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.LeapingClock;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Budgets by period against real jobs. A core-second costs a thousandth of a dollar here; the test's clock spends. */
class BudgetsTest {
    private static final LeapingClock CLOCK = new LeapingClock();
    private static TestServer server;
    private static Api operator;
    private static Api user;
    private static String me;

    @BeforeAll
    static void start() {
        server = TestServer.start(
                Map.of(
                        "prices.cpu_core_hour", "3.6",
                        "prices.memory_gib_hour", "0",
                        "runners.process_gpus", "4",
                        "quotas.gpu", "4",
                        "security.access_token_seconds", "86400",
                        "jobs.charge_seconds", "0.1"),
                CLOCK);
        operator = server.user("operator");
        user = server.user("developer");
        me = user.get("/me").is(200).json().getString("username");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** Just after the full hour, so that no period ends before the test wants it. */
    @BeforeEach
    void nextHour() {
        Instant now = CLOCK.now();
        CLOCK.leap(Duration.between(now, now.truncatedTo(ChronoUnit.HOURS).plus(61, ChronoUnit.MINUTES))
                .truncatedTo(ChronoUnit.MICROS));
    }

    private static JsonObject budget(String scope, Object id, String unit, Object limit) {
        var body = new JsonObject()
                .put("name", "b-" + UUID.randomUUID())
                .put("scope", scope)
                .put("period", "hour")
                .put("unit", unit)
                .put("limit", limit);
        return id == null ? body : body.put("scope_id", id);
    }

    private static String made(JsonObject body) {
        return "/budgets/" + operator.post("/budgets", body).is(201).json().getString("id");
    }

    private static long agent(int gpus) {
        return user.agent(
                new JsonObject()
                        .put(
                                "resource_requirements",
                                new JsonObject()
                                        .put("cpu", "1")
                                        .put("memory", "64Mi")
                                        .put("gpu", Integer.toString(gpus))),
                "/bin/sh",
                "-c",
                "while [ ! -e \"$STATIONMASTER_CHECKPOINT_DIR/../$STATIONMASTER_JOB_ID.end\" ]; do sleep 0.1; done");
    }

    private static String running(long agent, JsonObject more) {
        String id = user.submit(agent, more);
        user.awaitState(id, "running");
        return id;
    }

    private static void spend(String path, int seconds) {
        CLOCK.leap(Duration.ofSeconds(seconds));
        Awaitility.await().until(() -> "exhausted".equals(read(path).getString("state")));
    }

    private static JsonObject read(String path) {
        return user.get(path).is(200).json();
    }

    private static void waits(String job, String budgetName) {
        Awaitility.await().until(() -> "waiting_for_budget".equals(user.job(job).getString("reason")));
        assertThat(user.job(job).getString("message")).contains(budgetName, "resets at");
    }

    private static void end(String... jobs) {
        for (String job : jobs) {
            user.post("/jobs/" + job + "/cancel");
            user.awaitEnd(job);
        }
    }

    @Test
    void block_lets_jobs_with_gpus_wait_until_the_limit_is_raised() {
        var body = budget("user", me, "gpu_seconds", "1000.5");
        String path = made(body);
        assertThat(read(path).getDouble("limit")).isEqualTo(1000.5);
        long withGpu = agent(1);
        String first = running(withGpu, new JsonObject());
        spend(path, 1_001);
        String second = user.submit(withGpu);
        waits(second, body.getString("name"));
        JsonObject plan = user.post(
                        "/jobs?dry_run=true",
                        new JsonObject().put("agent_id", withGpu).put("name", "x"))
                .is(200)
                .json();
        assertThat(plan.encode()).contains("waiting_for_budget", body.getString("name"));
        String without = running(agent(0), new JsonObject());
        assertThat(user.job(first).getString("state")).isEqualTo("running");

        operator.patch(path, new JsonObject().put("limit", 100_000)).is(200);
        user.awaitState(second, "running");
        assertThat(read(path).getString("state")).isEqualTo("ok");
        end(first, second, without);
        operator.delete(path).is(204);
        operator.get(path).problem(404, "not_found");
    }

    @Test
    void at_the_reset_waiting_jobs_start_by_themselves() {
        long agent = agent(0);
        var body = budget("agent", agent, "currency", "0.5");
        String path = made(body);
        String first = running(agent, new JsonObject());
        spend(path, 501);
        String second = user.submit(agent);
        waits(second, body.getString("name"));
        assertThat(user.job(first).getString("state")).isEqualTo("running");
        end(first);
        String before = read(path).getString("resets_at");
        nextHour();
        user.awaitState(second, "running");
        assertThat(Instant.parse(read(path).getString("resets_at")))
                .isEqualTo(Instant.parse(before).plus(1, ChronoUnit.HOURS));
        end(second);
    }

    @Test
    void drain_refuses_new_jobs_and_lets_running_ones_end() {
        String queue = "q" + UUID.randomUUID().toString().substring(0, 8);
        operator.post("/queues", new JsonObject().put("name", queue)).is(201);
        var in = new JsonObject().put("queue", queue);
        String path = made(budget("queue", queue, "currency", 0.5).put("on_exhaust", "drain"));
        long agent = agent(0);
        String first = running(agent, in);
        spend(path, 501);
        var late = new JsonObject().put("agent_id", agent).put("name", "late").mergeIn(in);
        Awaitility.await().untilAsserted(() -> assertThat(user.post("/jobs", late)
                        .problem(422, "budget_exhausted")
                        .text())
                .contains("takes no new jobs"));
        String elsewhere = running(agent, new JsonObject());
        assertThat(user.job(first).getString("state")).isEqualTo("running");
        end(first, elsewhere);
    }

    @Test
    void stop_ends_what_runs_after_one_warning_and_what_is_new_waits() {
        long agent = agent(0);
        var body = budget("agent", agent, "currency", "0.5").put("on_exhaust", "stop");
        String path = made(body);
        String first = running(agent, new JsonObject());
        CLOCK.leap(Duration.ofMinutes(7));
        Awaitility.await().until(() -> warnings(first).size() == 1);
        assertThat(warnings(first).get(0)).contains("80 % of the budget " + body.getString("name"));
        assertThat(read(path).getString("state")).isEqualTo("warning");
        assertThat(read(path).getBoolean("warned")).isTrue();
        spend(path, 81);
        JsonObject ended = user.awaitEnd(first);
        assertThat(ended.getString("reason")).as(ended.encode()).isEqualTo("budget_exhausted");
        assertThat(warnings(first)).hasSize(1);
        String second = user.submit(agent);
        waits(second, body.getString("name"));
        nextHour();
        user.awaitState(second, "running");
        end(second);
    }

    private static List<String> warnings(String job) {
        return user.items("/jobs/" + job + "/events").stream()
                .map(JsonObject.class::cast)
                .filter(event -> "budget_warning".equals(event.getString("kind")))
                .map(event -> event.getString("message"))
                .toList();
    }

    @Test
    void simulated_jobs_neither_spend_nor_wait() {
        long agent = user.agent(new JsonObject().put("runner", "simulation"));
        String path = made(budget("agent", agent, "currency", 0).put("on_exhaust", "drain"));
        assertThat(read(path).getString("state")).isEqualTo("exhausted");
        String job = user.submit(agent);
        user.awaitState(job, "running", "succeeded");
        end(job);
        assertThat(read(path).getDouble("spent")).isZero();
    }

    @Test
    void what_makes_no_sense_is_refused() {
        JsonObject good = budget("everyone", null, "currency", "1");
        for (JsonObject bad : List.of(
                good.copy().put("limit", -1),
                good.copy().put("limit", "1e3"),
                good.copy().put("limit", "0.0000000001"),
                good.copy().put("period", "fortnight"),
                good.copy().put("unit", "euros"),
                good.copy().put("unit", "currency gpu_seconds"),
                good.copy().put("on_exhaust", "explode"),
                good.copy().put("scope", "planet"),
                good.copy().put("gpu_seconds", 5),
                without(good, "unit"),
                without(good, "limit"),
                without(good, "period"))) {
            operator.post("/budgets", bad).problem(400, "bad_request");
        }
        operator.post("/budgets", good.copy().put("scope_id", "x")).problem(422, "invalid_field");
        operator.post("/budgets", good.copy().put("scope", "user")).problem(422, "invalid_field");
        Api.Answer unknown = operator.post("/budgets", budget("agent", 424_242, "currency", "1"));
        assertThat(unknown.problem(422, "invalid_field").text()).contains("/scope_id");
        String path = made(good);
        operator.post("/budgets", good).problem(409, "name_taken");
        operator.patch(path, new JsonObject()).problem(400, "bad_request");
        operator.patch(path, new JsonObject().put("period", "day")).problem(400, "bad_request");
        operator.patch(path, new JsonObject().put("limit", 2), "If-Match", "\"9\"")
                .problem(412, "precondition_failed");
        operator.delete(path).is(204);
    }

    private static JsonObject without(JsonObject body, String field) {
        JsonObject less = body.copy();
        less.remove(field);
        return less;
    }

    @Test
    void operators_write_and_owners_read_what_concerns_them() {
        var body = budget("user", me, "currency", "1");
        user.post("/budgets", body).problem(403, "forbidden");
        String path = made(body);
        user.patch(path, new JsonObject().put("limit", 2)).problem(403, "forbidden");
        user.delete(path).problem(403, "forbidden");
        assertThat(user.items("/budgets").encode()).contains(body.getString("name"));
        Api other = server.user("developer");
        assertThat(other.items("/budgets").encode()).doesNotContain(body.getString("name"));
        other.get(path).problem(404, "not_found");
        operator.delete(path).is(204);
    }
}
