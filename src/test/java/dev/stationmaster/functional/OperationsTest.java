package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What operators see: health, Prometheus, audit, documentation, the dashboard's files. */
class OperationsTest {
    private static Api api;

    @BeforeAll
    static void server() {
        api = TestServer.shared().admin();
    }

    @Test
    void health_names_its_parts() {
        JsonObject health = api.with("").get("!/health").is(200).json();
        assertThat(health.getString("status")).isEqualTo("healthy");
        assertThat(health.getString("service")).isEqualTo("stationmaster");
        assertThat(health.getJsonObject("parts").fieldNames()).contains("postgresql", "redis");
        api.with("").get("!/health/live").is(200);
        api.with("").get("!/health/ready").is(200);
    }

    @Test
    void prometheus_has_exactly_the_known_names() {
        long agent = api.shell("sleep 2.5");
        String id = api.submit(agent);
        String name = api.job(id).getString("agent_name");
        Awaitility.await().until(() -> api.get("!/metrics")
                .text()
                .contains("agent_resource_usage{agent=\"" + name + "\",resource=\"memory\"}"));
        api.awaitEnd(id);
        String text = api.with("").get("!/metrics").is(200).text();
        assertThat(text)
                .contains("agent_jobs_total{agent=\"" + name + "\",status=\"succeeded\"} 1.0")
                .contains("agent_jobs_total{agent=\"" + name + "\",status=\"submitted\"} 1.0")
                .contains("agent_job_duration_seconds_bucket{le=\"5.0\"}")
                .contains("cluster_resource_usage{resource=\"cpu\"}")
                .contains("job_queue_length")
                .contains("job_queue_wait_seconds_bucket")
                .contains("vertx_http_server_requests_total")
                .contains("vertx_eventbus_")
                .contains("vertx_pool_")
                .contains("jvm_memory_used_bytes");
    }

    @Test
    void every_change_is_in_the_audit_log_and_the_chain_holds() {
        long agent = api.shell("true");
        JsonObject entry = api.items("/audit?target=agent/" + agent).getJsonObject(0);
        assertThat(entry.getString("actor")).isEqualTo("admin");
        assertThat(entry.getString("action")).isEqualTo("agent.create");
        assertThat(entry.getJsonObject("after").getLong("id")).isEqualTo(agent);
        assertThat(entry.getString("request_id")).isNotBlank();
        assertThat(api.get("/audit/verify").is(200).json().getBoolean("valid")).isTrue();
    }

    @Test
    void the_documentation_and_the_contract_are_served() {
        assertThat(api.with("").get("!/api/docs").is(200).text()).contains("docs.js");
        assertThat(api.with("").get("!/api/openapi.yaml").is(200).text()).contains("openapi: 3.1.0");
        assertThat(api.with("")
                        .get("!/api/openapi.json")
                        .is(200)
                        .json()
                        .getJsonObject("paths")
                        .fieldNames())
                .contains("/jobs");
    }

    @Test
    void the_dashboard_comes_with_a_strict_policy_and_nothing_else_does() {
        Api.Answer page = api.with("").get("!/").is(200);
        assertThat(page.response()
                        .headers()
                        .firstValue("Content-Security-Policy")
                        .orElseThrow())
                .contains("default-src 'self'")
                .doesNotContain("unsafe-eval");
        api.with("").get("!/../../etc/passwd").is(404);
        api.with("").get("!/api/nothing").problem(404, "not_found");
        api.with("").get("!/ws").problem(400, "bad_request");
    }

    @Test
    void the_overview_counts_every_state() {
        JsonObject overview = api.get("/overview").is(200).json();
        assertThat(overview.getJsonObject("jobs_by_state").fieldNames())
                .contains("queued", "running", "succeeded", "failed", "cancelled");
        assertThat(overview.getJsonObject("spend").getDouble("total")).isNotNull();
        assertThat(api.items("/runners").encode()).contains("\"process\"", "\"simulated\":true");
    }
}
