package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Jobs asked for something at an odd moment. */
class JobEdgesTest {
    private static TestServer server;
    private static Api api;

    @BeforeAll
    static void start() {
        server = TestServer.start(Map.of("jobs.retry_first_seconds", "60", "runners.process_cpu", "1"));
        api = server.admin();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void a_finished_job_is_not_cancelled_and_its_log_is_followed_to_its_end_at_once() {
        String id = api.submit(api.shell("echo all"));
        api.awaitEnd(id);
        api.post("/jobs/" + id + "/cancel").problem(409, "invalid_state");
        assertThat(api.get("/jobs/" + id + "/logs?follow=true").is(200).text()).isEqualTo("all\n");
        assertThat(api.get("/jobs/" + id + "/logs?follow=true&offset=99")
                        .is(200)
                        .text())
                .isEmpty();
    }

    @Test
    void a_job_of_a_deleted_agent_is_not_submitted_again() {
        long agent = api.shell("true");
        String id = api.submit(agent);
        api.awaitEnd(id);
        api.delete("/agents/" + agent).is(204);
        api.post("/jobs/" + id + "/retry").problem(404, "not_found");
        assertThat(api.job(id).getString("state")).isEqualTo("succeeded");
    }

    @Test
    void a_job_that_waits_for_its_next_try_is_cancelled_at_once_and_counted() {
        String id = api.submit(api.shell("exit 3"), new JsonObject().put("max_attempts", 5));
        api.awaitState(id, "retry_wait");
        api.post("/jobs/" + id + "/cancel").is(202);
        assertThat(api.awaitEnd(id).getString("state")).isEqualTo("cancelled");
        assertThat(api.items("/jobs/" + id + "/attempts")).hasSize(1);
        String name = api.job(id).getString("agent_name");
        assertThat(api.get("!/metrics").text())
                .containsPattern("agent_jobs_total\\{agent=\"" + name + "\",status=\"cancelled\"\\} 1");
    }

    @Test
    void a_job_cancelled_at_any_moment_of_its_start_ends_cancelled_and_leaves_room() {
        long agent = api.agent(
                new JsonObject()
                        .put(
                                "resource_requirements",
                                new JsonObject().put("cpu", "1").put("memory", "64Mi")),
                "/bin/sh",
                "-c",
                "sleep 60");
        for (int i = 0; i < 12; i++) {
            String id = api.submit(agent);
            for (int reads = 0; reads < i; reads++) { // each request moves the moment a little
                api.job(id);
            }
            api.post("/jobs/" + id + "/cancel").is(202);
            assertThat(api.awaitEnd(id).getString("state")).isEqualTo("cancelled");
        }
        String last = api.submit(agent);
        api.awaitState(last, "running");
        api.post("/jobs/" + last + "/cancel").is(202);
        api.awaitEnd(last);
    }
}
