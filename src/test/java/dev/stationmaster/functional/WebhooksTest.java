package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.Receiver;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Webhooks against a receiver on this machine. */
class WebhooksTest {
    private static TestServer server;
    private static Api developer;
    private static Api operator;
    private static String me;

    private final String path = "/" + UUID.randomUUID();
    private Receiver receiver;

    @BeforeAll
    static void start() {
        server = TestServer.start(Map.of(
                "webhooks.allow_http", "true",
                "webhooks.allow_private_addresses", "true",
                "webhooks.timeout_seconds", "40",
                "webhooks.max_tries", "3",
                "webhooks.retry_first_seconds", "0.05",
                "webhooks.retry_max_seconds", "0.1"));
        developer = server.user("developer");
        operator = server.user("operator");
        me = developer.get("/me").is(200).json().getString("username");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void listen() {
        receiver = new Receiver();
    }

    @AfterEach
    void silence() {
        receiver.close();
    }

    private JsonObject body(String... events) {
        return new JsonObject()
                .put("name", UUID.randomUUID().toString())
                .put("url", receiver.url(path))
                .put("events", new JsonArray(List.of(events)));
    }

    private JsonObject made(Api by, JsonObject body) {
        return by.post("/webhooks", body).is(201).json();
    }

    private static String at(JsonObject webhook) {
        return "/webhooks/" + webhook.getString("id");
    }

    private List<Receiver.Call> came(int n) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(receiver.at(path))
                .hasSizeGreaterThanOrEqualTo(n));
        return receiver.at(path);
    }

    private static JsonObject delivery(JsonObject webhook) {
        return developer.items(at(webhook) + "/deliveries").getJsonObject(0);
    }

    private static JsonObject awaitDelivery(JsonObject webhook, String state) {
        Awaitility.await().until(() -> {
            JsonArray all = developer.items(at(webhook) + "/deliveries");
            return !all.isEmpty() && state.equals(all.getJsonObject(0).getString("state"));
        });
        return delivery(webhook);
    }

    @Test
    void changes_of_a_job_come_signed_and_in_their_order() {
        JsonObject webhook = made(developer, body("queued", "admitted", "starting", "running", "succeeded"));
        String secret = webhook.getString("secret");
        String job = developer.submit(
                developer.shell("true"), new JsonObject().put("labels", new JsonObject().put("team", "a")));
        var calls = came(5);
        assertThat(calls.stream().map(Receiver.Call::type))
                .containsExactly("job.queued", "job.admitted", "job.starting", "job.running", "job.succeeded");
        assertThat(calls).allMatch(call -> call.signedWith(secret)).allMatch(call -> call.job()
                .equals(job));
        assertThat(calls.stream().map(Receiver.Call::id))
                .doesNotHaveDuplicates()
                .allMatch(id -> id.startsWith("msg_"));
        JsonObject data = calls.get(4).json().getJsonObject("data");
        assertThat(data.getString("owner")).isEqualTo(me);
        assertThat(data.getString("queue")).isEqualTo("default");
        assertThat(data.getInteger("attempt")).isOne();
        assertThat(data.getJsonObject("labels").getString("team")).isEqualTo("a");
        JsonObject last = awaitDelivery(webhook, "delivered");
        assertThat(last.getInteger("status_code")).isEqualTo(200);
        assertThat(last.getInteger("tries")).isOne();
        assertThat(last.getString("message_id")).isEqualTo(calls.get(4).id());
        assertThat(developer.items(at(webhook) + "/deliveries?limit=2")).hasSize(2);
    }

    @Test
    void the_secret_is_shown_once_and_stays_out_of_answers_and_the_audit_log() {
        JsonObject webhook = made(developer, body("failed").put("url", receiver.url(path + "?token=hidden")));
        String secret = webhook.getString("secret");
        JsonObject rotated =
                developer.post(at(webhook) + "/rotate-secret").is(200).json();
        String second = rotated.getString("secret");
        assertThat(second).isNotEqualTo(secret);
        for (String answer : List.of(
                developer.get(at(webhook)).is(200).text(),
                developer.get("/webhooks").is(200).text(),
                operator.get("/webhooks").is(200).text(),
                developer
                        .patch(at(webhook), new JsonObject().put("events", new JsonArray(List.of("failed"))))
                        .is(200)
                        .text())) {
            assertThat(answer).contains(webhook.getString("id")).doesNotContain(secret, second, "whsec_", "sealed");
        }
        String audit = server.admin()
                .get("/audit?target=webhook/" + webhook.getString("id"))
                .is(200)
                .text();
        assertThat(audit)
                .contains("webhook.create", "webhook.rotate_secret", "webhook.update")
                .doesNotContain(secret, second, "whsec_", "hidden");
        developer.post(at(webhook) + "/test").is(202);
        Awaitility.await().until(() -> !receiver.at(path + "?token=hidden").isEmpty());
        var call = receiver.at(path + "?token=hidden").get(0);
        assertThat(call.type()).isEqualTo("webhook.test");
        assertThat(call.signedWith(secret)).as("for a day").isTrue();
        assertThat(call.signedWith(second)).isTrue();
    }

    @Test
    void after_an_error_it_is_tried_again_and_what_follows_waits() {
        var failures = new AtomicInteger(2);
        receiver.answers(call -> failures.getAndDecrement() > 0 ? 500 : 204);
        JsonObject webhook = made(developer, body("running", "succeeded"));
        developer.awaitEnd(developer.submit(developer.shell("true")));
        var calls = came(4);
        assertThat(calls.stream().map(Receiver.Call::type))
                .containsExactly("job.running", "job.running", "job.running", "job.succeeded");
        assertThat(calls.subList(0, 3).stream().map(Receiver.Call::id).distinct())
                .hasSize(1);
        awaitDelivery(webhook, "delivered");
        JsonObject first = developer.items(at(webhook) + "/deliveries").getJsonObject(1);
        assertThat(first.getInteger("tries")).isEqualTo(3);
        assertThat(developer.get(at(webhook)).json().getString("failing_since")).isNull();
    }

    @Test
    void a_redirect_is_not_followed_and_after_the_last_try_it_has_failed_and_may_be_sent_again() {
        receiver.answers(call -> 302);
        JsonObject webhook = made(developer, body("succeeded"));
        developer.awaitEnd(developer.submit(developer.shell("true")));
        JsonObject failed = awaitDelivery(webhook, "failed");
        assertThat(failed.getInteger("tries")).isEqualTo(3);
        assertThat(failed.getInteger("status_code")).isEqualTo(302);
        assertThat(failed.getString("error")).contains("302");
        assertThat(receiver.at("/elsewhere")).isEmpty();
        assertThat(developer.get(at(webhook)).json().getString("failing_since")).isNotNull();

        var go = new CountDownLatch(1);
        receiver.answers(call -> released(go) ? 200 : 500);
        String again = at(webhook) + "/deliveries/" + failed.getString("id") + "/redeliver";
        developer.post(again).is(202);
        came(4);
        developer.post(again).problem(409, "invalid_state");
        go.countDown();
        awaitDelivery(webhook, "delivered");
        assertThat(receiver.at(path).stream().map(Receiver.Call::id).distinct()).hasSize(1);
        developer
                .post(at(webhook) + "/deliveries/" + UUID.randomUUID() + "/redeliver")
                .problem(404, "not_found");
    }

    private static boolean released(CountDownLatch latch) {
        try {
            return latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return false;
        }
    }

    @Test
    void gone_switches_it_off_until_it_is_enabled_again() {
        receiver.answers(call -> 410);
        JsonObject webhook = made(developer, body("succeeded"));
        developer.post(at(webhook) + "/test").is(202);
        Awaitility.await().until(() -> !developer.get(at(webhook)).json().getBoolean("enabled"));
        assertThat(developer.get(at(webhook)).json().getString("disabled_reason"))
                .contains("410");
        assertThat(awaitDelivery(webhook, "failed").getInteger("tries")).isOne();
        developer.post(at(webhook) + "/test").problem(409, "invalid_state");
        assertThat(server.admin()
                        .get("/audit?target=webhook/" + webhook.getString("id"))
                        .text())
                .contains("webhook.disable");
        developer.awaitEnd(developer.submit(developer.shell("true")));
        receiver.answers(call -> 200);
        JsonObject on = developer
                .patch(at(webhook), new JsonObject().put("enabled", true))
                .is(200)
                .json();
        assertThat(on.getString("disabled_reason")).isNull();
        String later = developer.submit(developer.shell("true"));
        var calls = came(2);
        assertThat(calls).hasSize(2);
        assertThat(calls.get(1).job()).as("what happened meanwhile is not sent").isEqualTo(later);
    }

    @Test
    void a_dead_receiver_delays_nobody() {
        var over = new CountDownLatch(1);
        receiver.answers(call -> call.path().endsWith("dead") && !released(over) ? 500 : 200);
        JsonObject dead = made(developer, body("succeeded").put("url", receiver.url(path + "dead")));
        made(developer, body("succeeded"));
        long agent = developer.shell("true");
        for (int i = 0; i < 12; i++) {
            developer.submit(agent);
        }
        assertThat(came(12).stream().map(Receiver.Call::job).distinct()).hasSize(12);
        assertThat(receiver.at(path + "dead").size()).isLessThanOrEqualTo(8);
        assertThat(delivery(dead).getString("state")).isEqualTo("pending");
        over.countDown();
        Awaitility.await().until(() -> receiver.at(path + "dead").size() >= 12);
        developer.delete(at(dead)).is(204);
        developer.get(at(dead)).problem(404, "not_found");
    }

    @Test
    void developers_hear_of_their_own_jobs_operators_of_all_and_filters_hold() {
        Api other = server.user("developer");
        String queue = "q" + UUID.randomUUID().toString().substring(0, 8);
        operator.post("/queues", new JsonObject().put("name", queue)).is(201);
        long agent = other.shell("true");
        var wanted = body("succeeded").put("queue", queue);
        made(developer, wanted);
        made(operator, body("succeeded").put("queue", queue).put("url", receiver.url(path + "all")));
        made(operator, body("succeeded").put("agent_id", agent).put("url", receiver.url(path + "agent")));
        made(
                operator,
                body("succeeded").put("queue", queue).put("job_owner", me).put("url", receiver.url(path + "owner")));
        var in = new JsonObject().put("queue", queue);
        String his = other.submit(agent, in);
        String elsewhere = other.submit(agent);
        other.awaitEnd(his);
        other.awaitEnd(elsewhere);
        String mine = developer.submit(developer.shell("true"), in);
        developer.awaitEnd(mine);
        Awaitility.await()
                .until(() -> receiver.at(path + "agent").size() == 2
                        && receiver.at(path + "all").size() == 2
                        && receiver.at(path + "owner").size() == 1);
        assertThat(came(1).stream().map(Receiver.Call::job)).containsExactly(mine);
        assertThat(receiver.at(path + "owner").get(0).job()).isEqualTo(mine);
        assertThat(receiver.at(path + "agent").stream().map(Receiver.Call::job))
                .containsExactlyInAnyOrder(his, elsewhere);
    }

    @Test
    void who_may_do_what() {
        JsonObject webhook = made(developer, body("failed"));
        Api other = server.user("developer");
        for (String verb : List.of("GET", "DELETE")) {
            other.send(verb, at(webhook), null).problem(404, "not_found");
        }
        other.post(at(webhook) + "/test").problem(404, "not_found");
        other.post(at(webhook) + "/rotate-secret").problem(404, "not_found");
        other.get(at(webhook) + "/deliveries").problem(404, "not_found");
        other.patch(at(webhook), new JsonObject().put("enabled", false)).problem(404, "not_found");
        assertThat(other.items("/webhooks")).isEmpty();
        operator.get(at(webhook)).is(200);
        other.post("/webhooks", body("failed").put("job_owner", me)).problem(403, "forbidden");
        assertThat(webhook.getString("job_owner")).isEqualTo(me);
        developer.patch(at(webhook), new JsonObject().putNull("job_owner")).is(200);
        assertThat(developer.get(at(webhook)).json().getString("job_owner")).isEqualTo(me);
        server.user("viewer").post("/webhooks", body("failed")).problem(403, "forbidden");
    }

    @Test
    void what_makes_no_sense_is_refused() {
        JsonObject good = body("failed");
        developer.post("/webhooks", good.copy().put("events", new JsonArray())).problem(400, "bad_request");
        developer.post("/webhooks", body("finished")).problem(400, "bad_request");
        developer.post("/webhooks", good.copy().put("secret", "mine")).problem(400, "bad_request");
        developer.post("/webhooks", good.copy().put("url", "gopher://x/")).problem(422, "invalid_field");
        assertThat(developer
                        .post("/webhooks", good.copy().put("queue", "nowhere"))
                        .problem(422, "invalid_field")
                        .text())
                .contains("/queue");
        assertThat(developer
                        .post("/webhooks", good.copy().put("agent_id", 424_242))
                        .problem(422, "invalid_field")
                        .text())
                .contains("/agent_id");
        JsonObject first = made(developer, good);
        developer.post("/webhooks", good).problem(409, "name_taken");
        JsonObject second = made(developer, body("failed"));
        developer
                .patch(at(second), new JsonObject().put("name", first.getString("name")))
                .problem(409, "name_taken");
        developer
                .patch(at(second), new JsonObject().put("name", "x"), "If-Match", "\"7\"")
                .problem(412, "precondition_failed");
        developer.patch(at(second), new JsonObject()).problem(400, "bad_request");
        Api hoarder = server.user("developer");
        for (int i = 0; i < 20; i++) {
            made(hoarder, body("failed"));
        }
        hoarder.post("/webhooks", body("failed")).problem(409, "conflict");
    }

    /** The shared server has the default settings. */
    @Test
    void by_default_only_https_to_public_addresses_is_taken() {
        Api api = TestServer.shared().user("developer");
        for (String url : List.of(
                receiver.url(path),
                "https://127.0.0.1/",
                "https://localhost:8443/",
                "https://169.254.169.254/",
                "https://10.0.0.7/",
                "https://[::1]/",
                "http://hooks.example.com/")) {
            assertThat(api.post("/webhooks", body("failed").put("url", url))
                            .problem(422, "invalid_field")
                            .text())
                    .contains("/url");
        }
        assertThat(api.items("/webhooks")).isEmpty();
    }

    @Test
    void an_owner_who_loses_the_right_to_all_jobs_hears_no_more() {
        Api demoted = server.user("operator");
        String name = demoted.get("/me").json().getString("username");
        JsonObject webhook = made(demoted, body("succeeded"));
        server.admin()
                .patch("/users/" + name, new JsonObject().put("role", "developer"))
                .is(200);
        Awaitility.await().until(() -> !operator.get(at(webhook)).json().getBoolean("enabled"));
        assertThat(operator.get(at(webhook)).json().getString("disabled_reason"))
                .contains("owner");
    }
}
