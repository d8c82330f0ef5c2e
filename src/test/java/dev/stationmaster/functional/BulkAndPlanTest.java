package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Many jobs at once, and a look ahead. */
class BulkAndPlanTest {
    private static TestServer server;
    private static Api api;
    private static long agent;

    @BeforeAll
    static void start() {
        server = TestServer.start(Map.of("runners.process_cpu", "1"));
        api = server.user("developer");
        agent = api.agent(
                new JsonObject()
                        .put(
                                "resource_requirements",
                                new JsonObject().put("cpu", "1").put("memory", "8Mi")),
                "/bin/sh",
                "-c",
                "sleep 600");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static JsonObject body(JsonObject more) {
        return new JsonObject().put("agent_id", agent).put("name", "x").mergeIn(more);
    }

    private static JsonObject plan(JsonObject more) {
        return api.post("/jobs?dry_run=true", body(more)).is(200).json();
    }

    @Test
    void many_jobs_are_moved_cancelled_and_submitted_again() {
        String queue = "q" + UUID.randomUUID().toString().substring(0, 8);
        server.admin()
                .post("/queues", new JsonObject().put("name", queue).put("state", "hold"))
                .is(201);
        var ids = new JsonArray();
        for (int i = 0; i < 40; i++) {
            ids.add(api.submit(agent, new JsonObject().put("queue", queue)));
        }
        var filter = new JsonObject().put("queue", queue);
        JsonObject raised = api.post(
                        "/jobs/bulk",
                        new JsonObject()
                                .put("action", "priority")
                                .put("priority", 8)
                                .put("filter", filter))
                .is(200)
                .json();
        assertThat(raised.getInteger("done")).isEqualTo(40);
        assertThat(api.job(ids.getString(39)).getInteger("priority")).isEqualTo(8);

        var some = new JsonArray()
                .add(ids.getString(0))
                .add(ids.getString(1))
                .add(UUID.randomUUID().toString());
        JsonObject cancelled = api.post(
                        "/jobs/bulk", new JsonObject().put("action", "cancel").put("ids", some))
                .is(200)
                .json();
        assertThat(cancelled.getInteger("done")).isEqualTo(2);
        assertThat(cancelled.getJsonArray("items").getJsonObject(2).getString("code"))
                .isEqualTo("not_found");
        Api stranger = server.user("developer");
        JsonObject refused = stranger.post(
                        "/jobs/bulk", new JsonObject().put("action", "cancel").put("filter", filter))
                .is(200)
                .json();
        assertThat(refused.getInteger("done")).isZero();
        assertThat(refused.getJsonArray("items").getJsonObject(0).getString("code"))
                .isEqualTo("forbidden");

        JsonObject again = api.post(
                        "/jobs/bulk",
                        new JsonObject()
                                .put("action", "retry")
                                .put("filter", filter.copy().put("state", "cancelled")))
                .is(200)
                .json();
        assertThat(again.getInteger("done")).isEqualTo(2);
        String made = again.getJsonArray("items").getJsonObject(0).getString("job_id");
        assertThat(api.job(made).getString("retried_from")).isIn(ids.getString(0), ids.getString(1));
        api.post("/jobs/bulk", new JsonObject().put("action", "cancel").put("filter", filter))
                .is(200);
        api.post("/jobs/bulk", new JsonObject().put("action", "cancel")).problem(422, "invalid_field");
        api.post("/jobs/bulk", new JsonObject().put("action", "priority").put("ids", some))
                .problem(422, "invalid_field");
    }

    @Test
    void a_tried_submission_says_what_would_become_of_it_and_writes_nothing() {
        JsonObject free = plan(new JsonObject().put("timeout_seconds", 3_600));
        assertThat(free.getBoolean("starts_now")).isTrue();
        assertThat(free.getString("estimated_start_at")).isNotBlank();
        assertThat(free.getDouble("cost_per_hour")).isPositive();
        assertThat(free.getDouble("max_cost")).isEqualTo(free.getDouble("cost_per_hour"));

        String running = api.submit(agent, new JsonObject().put("priority", 3).put("preemptible", true));
        api.awaitState(running, "running");
        JsonObject waits = plan(new JsonObject());
        assertThat(waits.getBoolean("starts_now")).isFalse();
        assertThat(waits.getString("reason")).isEqualTo("waiting_for_preempted");
        assertThat(waits.getJsonArray("would_preempt")).containsExactly(running);
        assertThat(waits.getString("estimated_start_at")).isNotBlank(); // when the other has had its notice
        JsonObject low = plan(new JsonObject().put("priority", 1));
        assertThat(low.getString("reason")).isEqualTo("waiting_for_capacity");
        assertThat(low.getJsonArray("would_preempt")).isEmpty();
        assertThat(api.job(running).getString("state")).isEqualTo("running");
        api.post("/jobs?dry_run=true", body(new JsonObject().put("queue", "nowhere")))
                .problem(422, "invalid_field");
        assertThat(api.items("/jobs?agent_id=" + agent + "&state=queued")).isEmpty();
        api.post("/jobs/" + running + "/cancel").is(202);
        api.awaitEnd(running);
    }
}
