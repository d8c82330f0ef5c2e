package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Bad input gets a clear problem and changes nothing. */
class BadInputTest {
    private static Api api;
    private static long agent;

    @BeforeAll
    static void server() {
        api = TestServer.shared().user("developer");
        agent = api.shell("true");
    }

    private static void refused(Api.Answer answer, int status, String code, String pointer) {
        JsonObject problem = answer.problem(status, code).json();
        assertThat(problem.getString("request_id")).isNotBlank();
        if (pointer != null) {
            assertThat(problem.getJsonArray("errors").encode()).contains("\"" + pointer + "\"");
        }
        assertThat(api.items("/jobs?agent_id=" + agent)).isEmpty();
    }

    @Test
    void malformed_json() {
        refused(api.send("POST", "/jobs", "{\"agent_id\": 1,"), 400, "bad_request", null);
        refused(api.send("POST", "/jobs", "[]"), 400, "bad_request", null);
        refused(api.send("POST", "/jobs", ""), 400, "bad_request", null);
    }

    @Test
    void wrong_types_and_unknown_fields_are_named() {
        var body = new JsonObject().put("agent_id", agent).put("name", "x");
        refused(api.post("/jobs", body.copy().put("name", 5)), 400, "bad_request", "/name");
        refused(api.post("/jobs", body.copy().put("priority", 11)), 400, "bad_request", "/priority");
        refused(api.post("/jobs", body.copy().put("priority", "high")), 400, "bad_request", "/priority");
        refused(api.post("/jobs", body.copy().put("bogus", true)), 400, "bad_request", "/bogus");
        refused(api.post("/jobs", new JsonObject().put("name", "x")), 400, "bad_request", null);
        refused(
                api.post("/jobs", body.copy().put("resource_requirements", new JsonObject().put("cpu", "lots"))),
                400,
                "bad_request",
                "/resource_requirements/cpu");
    }

    @Test
    void over_long_strings_and_bodies_over_the_limit() {
        var body = new JsonObject().put("agent_id", agent).put("name", "x".repeat(201));
        refused(api.post("/jobs", body), 400, "bad_request", "/name");
        var big = new JsonObject()
                .put("agent_id", agent)
                .put("name", "x")
                .put("training_config", new JsonObject().put("blob", "x".repeat(2_000_000)));
        refused(api.post("/jobs", big), 413, "payload_too_large", null);
    }

    @Test
    void nul_characters_can_not_be_stored() {
        refused(
                api.send("POST", "/jobs", "{\"agent_id\":" + agent + ",\"name\":\"a\\u0000b\"}"),
                422,
                "invalid_field",
                null);
    }

    @Test
    void another_content_type_or_method() {
        api.send("POST", "/jobs", "a=b", "Content-Type", "application/x-www-form-urlencoded")
                .problem(415, "unsupported_media_type");
        assertThat(api.send("PUT", "/jobs", "{}").status()).isIn(404, 405);
        api.get("/nothing/here").problem(404, "not_found");
    }

    @Test
    void ids_that_do_not_exist_or_are_none() {
        api.get("/jobs/" + UUID.randomUUID()).problem(404, "not_found");
        api.get("/jobs/not-a-uuid").problem(400, "bad_request");
        api.get("/agents/99999999").problem(404, "not_found");
        api.get("/agents/zero").problem(400, "bad_request");
        api.get("/jobs?limit=0").problem(400, "bad_request");
    }

    @Test
    void other_peoples_agents_and_jobs() {
        Api other = TestServer.shared().user("developer");
        other.post("/jobs", new JsonObject().put("agent_id", agent).put("name", "x"))
                .problem(403, "forbidden");
        other.patch("/agents/" + agent, new JsonObject().put("description", "mine now"))
                .problem(403, "forbidden");
        other.delete("/agents/" + agent).problem(403, "forbidden");
        other.put("/agents/" + agent + "/secrets/X", new JsonObject().put("value", "v"))
                .problem(403, "forbidden");
        assertThat(api.get("/agents/" + agent).json().getString("description")).isNull();
    }
}
