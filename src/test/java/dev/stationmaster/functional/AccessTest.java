package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Who may do what: every operation against every role, and every kind of bad token. */
class AccessTest {
    private static TestServer server;
    private static final Map<Role, Api> USERS = new EnumMap<>(Role.class);

    /** One operation of the contract with a path that fits. */
    record Operation(String id, String method, String path, boolean open, List<Role> roles) {}

    @BeforeAll
    static void users() {
        server = TestServer.shared();
        for (Role role : List.of(Role.ADMIN, Role.OPERATOR, Role.DEVELOPER, Role.VIEWER)) {
            USERS.put(role, server.user(role.wireName()));
        }
        Api developer = server.user("developer");
        long agent = developer.shell("true");
        String token = developer
                .post(
                        "/tokens",
                        new JsonObject()
                                .put("name", "machine")
                                .put("role", "agent")
                                .put("agent_id", agent))
                .is(201)
                .json()
                .getString("token");
        USERS.put(Role.AGENT, developer.with(token));
        Api operator = USERS.get(Role.OPERATOR);
        String worker = operator.post(
                        "/tokens", new JsonObject().put("name", "a GPU box").put("role", "worker"))
                .is(201)
                .json()
                .getString("token");
        USERS.put(Role.WORKER, operator.with(worker));
        developer
                .post("/tokens", new JsonObject().put("name", "a GPU box").put("role", "worker"))
                .problem(403, "forbidden");
    }

    static List<Operation> operations() throws IOException {
        JsonNode contract = new YAMLMapper().readTree(AccessTest.class.getResourceAsStream("/openapi/openapi.yaml"));
        var all = new ArrayList<Operation>();
        contract.get("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(method -> {
                    JsonNode op = method.getValue();
                    var roles = new ArrayList<Role>();
                    op.path("x-roles").forEach(r -> roles.add(Role.of(r.asText())));
                    String url = path.getKey()
                            .replace("{agent_id}", "999999")
                            .replace("{name}", "NAME")
                            .replace("{artifact}", "a")
                            .replace("{user}", "nobody")
                            .replace("{queue}", "nowhere")
                            .replace("{revision}", "1")
                            .replace("{worker}", "nobodys")
                            .replace("{lease}", "1")
                            .replaceAll("\\{[a-z]+_id}", new UUID(0, 1).toString());
                    boolean open =
                            op.path("security").isArray() && op.path("security").isEmpty();
                    all.add(new Operation(
                            op.get("operationId").asText(),
                            method.getKey().toUpperCase(java.util.Locale.ROOT),
                            url,
                            open,
                            roles));
                }));
        return all;
    }

    @TestFactory
    Stream<DynamicTest> every_operation_asks_for_a_token_and_a_role() throws IOException {
        return operations().stream()
                .map(op -> DynamicTest.dynamicTest(op.id(), () -> {
                    if (op.open()) {
                        assertThat(op.roles()).isEmpty();
                        return;
                    }
                    assertThat(op.roles())
                            .as("default deny: an operation names its roles")
                            .isNotEmpty();
                    server.admin().with("").send(op.method(), op.path(), null).problem(401, "unauthenticated");
                    for (var user : USERS.entrySet()) {
                        boolean may = op.roles().stream().anyMatch(user.getKey()::covers);
                        if (!may) {
                            user.getValue().send(op.method(), op.path(), null).problem(403, "forbidden");
                        } else if (!"logout".equals(op.id())) { // would end the session of the test
                            int status = user.getValue()
                                    .send(op.method(), op.path(), null)
                                    .status();
                            assertThat(status).as(op + " by " + user.getKey()).isNotIn(401, 500, 503);
                        }
                    }
                }));
    }

    @Test
    void forged_unsigned_and_mangled_tokens_are_refused() {
        Api admin = server.admin();
        String[] parts = admin.token().split("\\.");
        String claims = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
        String none = base64("{\"alg\":\"none\",\"typ\":\"JWT\"}") + "." + parts[1] + ".";
        String forged = parts[0] + "." + base64(claims.replace("admin", "other")) + "." + parts[2];
        String wrongSignature = parts[0] + "." + parts[1] + "." + base64("not the signature at all, sorry");
        for (String token :
                List.of(none, forged, wrongSignature, "x", "a.b.c", "sm_unknown", parts[0] + "." + parts[1])) {
            admin.with(token).get("/me").problem(401, "unauthenticated");
        }
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void an_expired_token_says_so() {
        try (TestServer brief = TestServer.start(Map.of("security.access_token_seconds", "10"))) {
            String expired = brief.server().tokenFor("admin", java.time.Duration.ofSeconds(-1));
            brief.admin().with(expired).get("/me").problem(401, "token_expired");
        }
    }

    @Test
    void refresh_rotates_and_reuse_ends_the_session() {
        String name = "r" + UUID.randomUUID().toString().substring(0, 8);
        var user = new JsonObject().put("username", name).put("password", TestServer.ADMIN_PASSWORD);
        server.admin().post("/users", user.copy().put("role", "viewer")).is(201);
        Api nobody = server.admin().with("");
        JsonObject first = nobody.post("/auth/login", user).is(200).json();
        assertThat(first.getString("token_type")).isEqualTo("Bearer");
        assertThat(first.getInteger("expires_in")).isPositive();
        var old = new JsonObject().put("refresh_token", first.getString("refresh_token"));
        JsonObject second = nobody.post("/auth/refresh", old).is(200).json();
        Api session = nobody.with(second.getString("access_token"));
        session.get("/me").is(200);
        nobody.post("/auth/refresh", old).problem(401, "token_reused");
        session.get("/me").problem(401, "unauthenticated");
        nobody.post("/auth/refresh", new JsonObject().put("refresh_token", second.getString("refresh_token")))
                .problem(401, "unauthenticated");
    }

    @Test
    void signing_out_ends_the_access_token_too() {
        Api api = server.user("viewer");
        api.get("/me").is(200);
        api.post("/auth/logout").is(204);
        api.get("/me").problem(401, "unauthenticated");
    }

    @Test
    void a_disabled_user_and_a_revoked_api_token_are_out_at_once() {
        Api user = server.user("developer");
        JsonObject made =
                user.post("/tokens", new JsonObject().put("name", "ci")).is(201).json();
        String token = made.getString("token");
        String listed = user.get("/tokens").is(200).text();
        assertThat(listed)
                .contains(made.getJsonObject("api_token").getString("id"))
                .doesNotContain(token);
        user.with(token).get("/me").is(200);
        user.delete("/tokens/" + made.getJsonObject("api_token").getString("id"))
                .is(204);
        user.with(token).get("/me").problem(401, "unauthenticated");
        String name = user.get("/me").json().getString("username");
        server.admin()
                .patch("/users/" + name, new JsonObject().put("disabled", true))
                .is(200);
        user.get("/me").problem(401, "unauthenticated");
        server.admin()
                .with("")
                .post("/auth/login", new JsonObject().put("username", name).put("password", TestServer.ADMIN_PASSWORD))
                .problem(401, "invalid_credentials");
    }

    @Test
    void a_token_never_does_more_than_its_maker() {
        USERS.get(Role.DEVELOPER)
                .post("/tokens", new JsonObject().put("name", "up").put("role", "admin"))
                .problem(403, "forbidden");
    }

    @Test
    void sign_ins_are_throttled_by_name() {
        try (TestServer strict = TestServer.start(Map.of("security.login_attempts", "3"))) {
            Api nobody = strict.admin().with("");
            var wrong = new JsonObject().put("username", "nobody").put("password", "wrong");
            for (int i = 0; i < 3; i++) {
                nobody.post("/auth/login", wrong).problem(401, "invalid_credentials");
            }
            var answer = nobody.post("/auth/login", wrong).problem(429, "too_many_requests");
            assertThat(answer.response().headers().firstValue("Retry-After")).isPresent();
        }
    }

    @Test
    void the_last_administrator_stays() {
        try (TestServer own = TestServer.start(Map.of())) {
            own.admin()
                    .patch("/users/admin", new JsonObject().put("role", "viewer"))
                    .problem(409, "last_admin");
            own.admin().delete("/users/admin").problem(409, "last_admin");
        }
    }

    @Test
    void agent_tokens_see_only_their_own_agent() {
        Api owner = server.user("developer");
        long mine = owner.shell("true");
        long other = owner.shell("true");
        String token = owner.post(
                        "/tokens",
                        new JsonObject().put("name", "m").put("role", "agent").put("agent_id", mine))
                .json()
                .getString("token");
        Api machine = owner.with(token);
        machine.get("/agents/" + mine).is(200);
        machine.get("/agents/" + other).problem(404, "not_found");
        machine.post("/jobs", new JsonObject().put("agent_id", other).put("name", "x"))
                .problem(404, "not_found");
        String own = machine.submit(mine);
        assertThat(machine.items("/jobs").getJsonObject(0).getString("id")).isEqualTo(own);
        machine.get("/jobs/" + owner.submit(other)).problem(404, "not_found");
    }
}
