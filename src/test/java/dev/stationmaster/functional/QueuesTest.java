package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Queues over HTTP: their rules hold, and what makes no sense is refused. */
class QueuesTest {
    private static Api operator;
    private static Api developer;

    @BeforeAll
    static void server() {
        operator = TestServer.shared().user("operator");
        developer = TestServer.shared().user("developer");
    }

    private static String name() {
        return "q" + UUID.randomUUID().toString().substring(0, 8);
    }

    private static String queue(JsonObject more) {
        String name = name();
        operator.post("/queues", new JsonObject().put("name", name).mergeIn(more))
                .is(201);
        return name;
    }

    private static JsonObject jobs(int n) {
        return new JsonObject().put("jobs", n);
    }

    private static JsonObject in(String queue) {
        return new JsonObject().put("queue", queue);
    }

    @Test
    void there_is_a_default_queue_that_stays() {
        JsonObject queue = developer.get("/queues/default").is(200).json();
        assertThat(queue.getString("policy")).isEqualTo("best_effort_fifo");
        assertThat(queue.getJsonObject("nominal_quota").isEmpty()).isTrue();
        operator.delete("/queues/default").problem(409, "invalid_state");
        assertThat(developer.items("/queues").encode()).contains("\"default\"");
    }

    @Test
    void a_queue_is_made_changed_and_deleted_by_operators() {
        var body = new JsonObject()
                .put("name", name())
                .put("cohort", "lab")
                .put("weight", 2.5)
                .put(
                        "nominal_quota",
                        new JsonObject()
                                .put("cpu", "1500m")
                                .put("memory", "4Gi")
                                .put("gpu", "2"))
                .put("borrowing_limit", new JsonObject().put("cpu", "1"))
                .put("max_starts_per_minute", 30);
        developer.post("/queues", body).problem(403, "forbidden");
        Api.Answer made = operator.post("/queues", body).is(201);
        assertThat(made.json().getJsonObject("nominal_quota"))
                .isEqualTo(new JsonObject()
                        .put("cpu", "1500m")
                        .put("memory", "4Gi")
                        .put("gpu", "2"));
        assertThat(made.json().getDouble("weight")).isEqualTo(2.5);
        operator.post("/queues", body).problem(409, "name_taken");
        String path = "/queues/" + body.getString("name");
        String etag = made.response().headers().firstValue("ETag").orElseThrow();
        operator.patch(path, new JsonObject().put("state", "hold"), "If-Match", etag)
                .is(200);
        operator.patch(path, new JsonObject().put("weight", 3), "If-Match", etag)
                .problem(412, "precondition_failed");
        operator.delete(path).is(204);
        operator.get(path).problem(404, "not_found");
        assertThat(TestServer.shared().admin().items("/audit?target=queue/" + body.getString("name")))
                .hasSize(3);
    }

    @Test
    void what_makes_no_sense_is_refused() {
        operator.post("/queues", new JsonObject().put("name", "Not A Name")).problem(400, "bad_request");
        operator.post("/queues", new JsonObject().put("name", name()).put("weight", 0))
                .problem(400, "bad_request");
        operator.post(
                        "/queues",
                        new JsonObject().put("name", name()).put("nominal_quota", new JsonObject().put("cpu", "-1")))
                .problem(400, "bad_request");
        operator.post("/queues", new JsonObject().put("name", name()).put("borrowing_limit", jobs(1)))
                .problem(422, "invalid_field");
        operator.post("/queues", new JsonObject().put("name", name()).put("cohort", "x"))
                .problem(422, "invalid_field");
        operator.patch("/queues/default", new JsonObject()).problem(400, "bad_request");
        operator.patch("/queues/" + name(), new JsonObject().put("state", "hold"))
                .problem(404, "not_found");
    }

    @Test
    void a_queue_on_hold_starts_nothing_until_it_is_active() {
        String queue = queue(new JsonObject().put("state", "hold"));
        String job = developer.submit(developer.shell("true"), in(queue));
        Awaitility.await().until(() -> "queue_stopped".equals(developer.job(job).getString("reason")));
        operator.delete("/queues/" + queue).problem(409, "has_active_jobs");
        operator.patch("/queues/" + queue, new JsonObject().put("state", "active"))
                .is(200);
        assertThat(developer.awaitEnd(job).getString("state")).isEqualTo("succeeded");
        operator.delete("/queues/" + queue).is(204);
    }

    @Test
    void a_queue_that_drains_takes_nothing_in() {
        String queue = queue(new JsonObject().put("state", "drain"));
        var body = new JsonObject()
                .put("agent_id", developer.shell("true"))
                .put("name", "x")
                .put("queue", queue);
        developer.post("/jobs", body).problem(409, "queue_drains");
        developer.post("/jobs", body.copy().put("queue", name())).problem(422, "invalid_field");
    }

    @Test
    void the_quota_of_a_queue_holds_and_a_job_over_it_is_refused() {
        String queue = queue(new JsonObject().put("nominal_quota", jobs(1).put("cpu", "500m")));
        String first = developer.submit(developer.shell("sleep 1"), in(queue));
        developer.awaitState(first, "running");
        String second = developer.submit(developer.shell("true"), in(queue));
        Awaitility.await().until(() -> "waiting_for_queue_quota"
                .equals(developer.job(second).getString("reason")));
        JsonObject now = developer.get("/queues/" + queue).is(200).json();
        assertThat(now.getInteger("running_jobs")).isOne();
        assertThat(now.getInteger("waiting_jobs")).isOne();
        assertThat(now.getJsonObject("used").getString("cpu")).isEqualTo("100m");
        developer
                .post(
                        "/jobs",
                        new JsonObject()
                                .put("agent_id", developer.shell("true"))
                                .put("name", "x")
                                .put("queue", queue)
                                .put("resource_requirements", new JsonObject().put("cpu", "1")))
                .problem(422, "exceeds_max_quota");
        assertThat(developer.awaitEnd(second).getString("state")).isEqualTo("succeeded");
    }

    @Test
    void queues_of_a_cohort_borrow_what_is_unused() {
        String cohort = name();
        String one = queue(new JsonObject().put("cohort", cohort).put("nominal_quota", jobs(1)));
        queue(new JsonObject().put("cohort", cohort).put("nominal_quota", jobs(1)));
        long agent = developer.shell("sleep 1.5");
        String[] ids = {
            developer.submit(agent, in(one)), developer.submit(agent, in(one)), developer.submit(agent, in(one))
        };
        developer.awaitState(ids[0], "running");
        developer.awaitState(ids[1], "running");
        assertThat(developer.job(ids[2]).getString("state")).isEqualTo("queued");
        developer.awaitEnd(ids[2]);
    }

    @Test
    void a_rate_limit_spreads_the_starts() {
        String queue = queue(new JsonObject().put("max_starts_per_minute", 2));
        long agent = developer.shell("true");
        String[] ids = {
            developer.submit(agent, in(queue)), developer.submit(agent, in(queue)), developer.submit(agent, in(queue))
        };
        developer.awaitEnd(ids[1]);
        Awaitility.await()
                .until(() -> "rate_limited".equals(developer.job(ids[2]).getString("reason")));
        operator.patch("/queues/" + queue, new JsonObject().putNull("max_starts_per_minute"))
                .is(200);
        developer.awaitEnd(ids[2]);
    }

    @Test
    void quotas_of_a_user_limit_jobs_at_once_and_inside_a_queue() {
        String queue = queue(new JsonObject());
        Api user = TestServer.shared().user("developer");
        String me = user.get("/me").is(200).json().getString("id");
        operator.put("/quotas/" + me, new JsonObject().put("queues", in("x").put(name(), jobs(1))))
                .problem(400, "bad_request");
        operator.put("/quotas/" + me, new JsonObject().put("queues", new JsonObject().put(name(), jobs(1))))
                .problem(422, "invalid_field");
        JsonObject quota = operator.put(
                        "/quotas/" + me,
                        new JsonObject()
                                .put("jobs", 2)
                                .put("weight", 3)
                                .put("queues", new JsonObject().put(queue, jobs(1))))
                .is(200)
                .json();
        assertThat(quota.getInteger("jobs")).isEqualTo(2);
        assertThat(quota.getDouble("weight")).isEqualTo(3);
        assertThat(quota.getJsonObject("queues")).isEqualTo(new JsonObject().put(queue, jobs(1)));
        long agent = user.shell("sleep 1.5");
        String[] ids = {
            user.submit(agent, in(queue)), user.submit(agent, in(queue)), user.submit(agent), user.submit(agent)
        };
        user.awaitState(ids[0], "running");
        user.awaitState(ids[2], "running");
        Awaitility.await()
                .until(() -> "waiting_for_quota".equals(user.job(ids[1]).getString("reason"))
                        && "waiting_for_quota".equals(user.job(ids[3]).getString("reason")));
        assertThat(user.job(ids[1]).getString("message") + user.job(ids[3]).getString("message"))
                .contains("jobs at once");
        operator.put("/quotas/" + me, new JsonObject().putNull("jobs").put("queues", new JsonObject().putNull(queue)))
                .is(200);
        user.awaitEnd(ids[1]);
        user.awaitEnd(ids[3]);
    }
}
