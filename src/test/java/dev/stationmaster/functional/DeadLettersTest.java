package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Jobs that failed for good wait for somebody who submits them again, once, or discards them. */
class DeadLettersTest {
    private static Api api;
    private static long fails;

    @BeforeAll
    static void start() {
        api = TestServer.shared().user("developer");
        fails = api.shell("exit 3");
    }

    private static String queue() {
        String name = "q" + UUID.randomUUID().toString().substring(0, 8);
        TestServer.shared()
                .admin()
                .post("/queues", new JsonObject().put("name", name))
                .is(201);
        return name;
    }

    private static List<String> failed(long agent, String queue, int count) {
        var ids = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            ids.add(api.submit(agent, new JsonObject().put("queue", queue)));
        }
        ids.forEach(id -> assertThat(api.awaitEnd(id).getString("state")).isEqualTo("failed"));
        return ids;
    }

    private static List<String> letters(Api who, String query) {
        return who.items("/dead-letters?" + query).stream()
                .map(item -> ((JsonObject) item).getString("id"))
                .toList();
    }

    private static JsonObject redrive(Api who, JsonObject body) {
        return who.post("/dead-letters/redrive", body).is(200).json();
    }

    private static JsonObject ids(String... ids) {
        return new JsonObject().put("ids", new JsonArray(List.of(ids)));
    }

    private static JsonObject first(JsonObject result) {
        return result.getJsonArray("items").getJsonObject(0);
    }

    private static List<String> kinds(String job) {
        return api.items("/jobs/" + job + "/events").stream()
                .map(event -> ((JsonObject) event).getString("kind"))
                .toList();
    }

    @Test
    void a_failure_is_listed_until_it_is_submitted_again_with_its_checkpoints() {
        String queue = queue();
        long resumes = api.shell("[ -e \"$STATIONMASTER_CHECKPOINT_DIR/x\" ] && exit 0; "
                + "touch \"$STATIONMASTER_CHECKPOINT_DIR/x\"; exit 9");
        String id = failed(resumes, queue, 1).get(0);
        JsonObject letter = api.items("/dead-letters?queue=" + queue).getJsonObject(0);
        assertThat(letter.getString("id")).isEqualTo(id);
        assertThat(letter.getInteger("attempts")).isOne();
        assertThat(letter.getString("reason")).isEqualTo("exit_nonzero");
        assertThat(letter.getString("message")).isNotBlank();
        assertThat(letter.getInteger("exit_code")).isEqualTo(9);
        assertThat(letter.getString("failed_at")).isEqualTo(api.job(id).getString("finished_at"));
        assertThat(letter.getJsonObject("job").getString("name")).isEqualTo("test job");

        JsonObject done = first(redrive(api, ids(id)));
        assertThat(done.getString("result")).isEqualTo("done");
        String again = done.getString("job_id");
        assertThat(api.job(again).getString("retried_from")).isEqualTo(id);
        assertThat(api.awaitEnd(again).getString("state"))
                .as("it found the checkpoint")
                .isEqualTo("succeeded");
        assertThat(letters(api, "queue=" + queue)).isEmpty();
        assertThat(kinds(id)).contains("dead_letter_redriven");
        assertThat(TestServer.shared().admin().items("/audit?target=job/" + id).encode())
                .contains("dead_letter.redrive")
                .contains(again);
    }

    @Test
    void a_letter_is_submitted_once_however_many_ask_at_once() throws Exception {
        String queue = queue();
        String id = failed(fails, queue, 1).get(0);
        Api operator = TestServer.shared().user("operator");
        var pool = Executors.newFixedThreadPool(16);
        var calls = new ArrayList<Callable<JsonObject>>();
        for (int i = 0; i < 32; i++) {
            Api who = i % 2 == 0 ? api : operator;
            calls.add(() -> first(redrive(who, ids(id))));
        }
        var results = new ArrayList<JsonObject>();
        for (var call : pool.invokeAll(calls)) {
            results.add(call.get());
        }
        pool.shutdown();
        var made = results.stream()
                .filter(r -> "done".equals(r.getString("result")))
                .map(r -> r.getString("job_id"))
                .toList();
        assertThat(made).hasSize(1);
        assertThat(results.stream().filter(r -> "refused".equals(r.getString("result"))))
                .hasSize(31)
                .allMatch(r -> "invalid_state".equals(r.getString("code"))
                        && r.getString("detail").contains(made.get(0)));
        assertThat(TestServer.shared().sql("SELECT count(*) FROM jobs WHERE retried_from = '" + id + "'"))
                .isOne();
    }

    @Test
    void many_are_redriven_or_discarded_by_a_filter() {
        String queue = queue();
        List<String> ids = failed(fails, queue, 5);
        var filter = new JsonObject()
                .put("filter", new JsonObject().put("queue", queue).put("reason", "exit_nonzero"));
        assertThat(redrive(
                                api,
                                new JsonObject()
                                        .put(
                                                "filter",
                                                new JsonObject()
                                                        .put("queue", queue)
                                                        .put("reason", "oom")))
                        .getInteger("done"))
                .isZero();
        JsonObject all = redrive(api, filter);
        assertThat(all.getInteger("done")).isEqualTo(5);
        assertThat(all.getBoolean("more")).isFalse();
        var made = all.getJsonArray("items").stream()
                .map(item -> ((JsonObject) item).getString("job_id"))
                .toList();
        made.forEach(api::awaitEnd); // and fail once more: their letters are new ones
        assertThat(letters(api, "queue=" + queue)).containsExactlyInAnyOrderElementsOf(made);

        JsonObject gone = api.post("/dead-letters/discard", filter).is(200).json();
        assertThat(gone.getInteger("done")).isEqualTo(5);
        assertThat(letters(api, "queue=" + queue)).isEmpty();
        assertThat(kinds(made.get(0))).contains("dead_letter_discarded");
        assertThat(first(redrive(api, ids(made.get(0)))).getString("detail")).contains("discarded");
        assertThat(first(api.post("/dead-letters/discard", ids(ids.get(0)))
                                .is(200)
                                .json())
                        .getString("code"))
                .isEqualTo("invalid_state");
        assertThat(TestServer.shared()
                        .admin()
                        .items("/audit?target=job/" + made.get(0))
                        .encode())
                .contains("dead_letter.discard");
    }

    @Test
    void the_newest_failure_comes_first_and_pages_follow_each_other() {
        String queue = queue();
        var ids = new ArrayList<String>();
        for (int i = 0; i < 3; i++) {
            ids.addAll(failed(fails, queue, 1));
        }
        JsonObject page =
                api.get("/dead-letters?limit=2&queue=" + queue).is(200).json();
        assertThat(page.getJsonArray("items").getJsonObject(0).getString("id")).isEqualTo(ids.get(2));
        assertThat(page.getJsonArray("items").getJsonObject(1).getString("id")).isEqualTo(ids.get(1));
        assertThat(letters(api, "limit=2&queue=" + queue + "&cursor=" + page.getString("next_cursor")))
                .containsExactly(ids.get(0));
        assertThat(letters(api, "agent_id=" + fails + "&reason=exit_nonzero&queue=" + queue))
                .hasSize(3);
        assertThat(letters(api, "owner=nobody&queue=" + queue)).isEmpty();
        api.get("/dead-letters?cursor=x").problem(400, "bad_request");
        api.get("/dead-letters?reason=No%20Reason").problem(400, "bad_request");
    }

    @Test
    void owners_see_their_own_operators_all_and_agents_those_of_their_agent() {
        String queue = queue();
        String id = failed(fails, queue, 1).get(0);
        assertThat(letters(api, "queue=" + queue)).containsExactly(id);
        assertThat(letters(TestServer.shared().user("operator"), "queue=" + queue))
                .containsExactly(id);
        Api stranger = TestServer.shared().user("developer");
        assertThat(letters(stranger, "queue=" + queue)).isEmpty();
        assertThat(first(redrive(stranger, ids(id))).getString("code")).isEqualTo("forbidden");
        assertThat(first(stranger.post("/dead-letters/discard", ids(id)).is(200).json())
                        .getString("code"))
                .isEqualTo("forbidden");
        assertThat(redrive(stranger, new JsonObject().put("filter", new JsonObject().put("queue", queue)))
                        .getJsonArray("items"))
                .isEmpty();
        assertThat(letters(machine(fails), "queue=" + queue)).containsExactly(id);
        assertThat(letters(machine(api.shell("true")), "queue=" + queue)).isEmpty();
        assertThat(letters(api, "queue=" + queue)).containsExactly(id);
    }

    private static Api machine(long agent) {
        return api.with(api.post(
                        "/tokens",
                        new JsonObject().put("name", "m").put("role", "agent").put("agent_id", agent))
                .is(201)
                .json()
                .getString("token"));
    }

    @Test
    void a_retry_closes_the_letter_and_may_be_repeated_but_a_redrive_may_not() {
        String queue = queue();
        String id = failed(fails, queue, 1).get(0);
        String key = UUID.randomUUID().toString();
        String retry = "/jobs/" + id + "/retry";
        String again = api.send("POST", retry, null, "Idempotency-Key", key)
                .is(201)
                .json()
                .getString("id");
        assertThat(api.send("POST", retry, null, "Idempotency-Key", key)
                        .is(201)
                        .json()
                        .getString("id"))
                .isEqualTo(again);
        api.awaitEnd(again);
        assertThat(letters(api, "queue=" + queue)).containsExactly(again);
        JsonObject refused = first(redrive(api, ids(id)));
        assertThat(refused.getString("detail")).contains(again);
        api.post(retry).is(201);
    }

    @Test
    void what_did_not_fail_is_no_dead_letter() {
        String queue = queue();
        String fine = api.submit(api.shell("true"), new JsonObject().put("queue", queue));
        api.awaitEnd(fine);
        assertThat(letters(api, "queue=" + queue)).isEmpty();
        assertThat(first(redrive(api, ids(fine))).getString("code")).isEqualTo("invalid_state");
        assertThat(first(redrive(api, ids(UUID.randomUUID().toString()))).getString("code"))
                .isEqualTo("not_found");
        api.post("/dead-letters/redrive", new JsonObject()).problem(422, "invalid_field");
        api.post("/dead-letters/redrive", ids(fine).put("filter", new JsonObject().put("queue", queue)))
                .problem(422, "invalid_field");
        api.post("/dead-letters/discard", new JsonObject().put("filter", new JsonObject()))
                .problem(400, "bad_request");
    }

    @Test
    void the_number_of_open_letters_is_a_metric() {
        failed(fails, queue(), 1);
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            double open = TestServer.shared()
                    .admin()
                    .get("!/metrics")
                    .text()
                    .lines()
                    .filter(line -> line.startsWith("job_dead_letters "))
                    .mapToDouble(line -> Double.parseDouble(line.split(" ")[1]))
                    .findFirst()
                    .orElse(Double.NaN);
            assertThat(open).isPositive();
        });
    }
}
