package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** When jobs start, what they are the same as, and which failures are tried again. */
class JobStartsTest {
    private static Api api;
    private static long succeeds;

    @BeforeAll
    static void server() {
        api = TestServer.shared().user("developer");
        succeeds = api.shell("true");
    }

    private static JsonObject body(JsonObject more) {
        return new JsonObject().put("agent_id", succeeds).put("name", "x").mergeIn(more);
    }

    private static JsonObject after(String... ids) {
        return new JsonObject().put("depends_on", new JsonArray(List.of(ids)));
    }

    @Test
    void a_scheduled_job_waits_for_its_time() {
        Instant at = Instant.now().plusSeconds(2);
        String id = api.submit(succeeds, new JsonObject().put("run_at", at.toString()));
        assertThat(api.job(id).getString("state")).isEqualTo("scheduled");
        assertThat(Instant.parse(api.job(id).getString("run_at"))).isBetween(at.minusMillis(1), at);
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("state")).isEqualTo("succeeded");
        assertThat(Instant.parse(done.getString("started_at"))).isAfterOrEqualTo(at.minusMillis(1));
        assertThat(Instant.parse(done.getString("queued_at"))).isAfterOrEqualTo(at.minusMillis(1));
        String far = api.submit(
                succeeds,
                new JsonObject().put("run_at", Instant.now().plusSeconds(86_400).toString()));
        api.post("/jobs/" + far + "/cancel").is(202);
        assertThat(api.job(far).getString("state")).isEqualTo("cancelled");
    }

    @Test
    void a_job_starts_after_what_it_depends_on() {
        String first = api.submit(api.shell("sleep 1"));
        String second = api.submit(succeeds, after(first));
        String third = api.submit(succeeds, after(first, second));
        assertThat(api.job(third).getString("state")).isEqualTo("blocked");
        assertThat(api.job(third).getJsonArray("depends_on")).containsExactlyInAnyOrder(first, second);
        JsonObject done = api.awaitEnd(third);
        assertThat(done.getString("state")).isEqualTo("succeeded");
        assertThat(Instant.parse(done.getString("started_at")))
                .isAfter(Instant.parse(api.job(second).getString("finished_at")));
        assertThat(Instant.parse(api.job(second).getString("started_at")))
                .isAfter(Instant.parse(api.job(first).getString("finished_at")));
    }

    @Test
    void what_depends_on_a_failure_fails_too_unless_it_may_run() {
        String bad = api.submit(api.shell("exit 3"));
        String fails = api.submit(succeeds, after(bad));
        String runs = api.submit(succeeds, after(bad).put("on_dependency_failure", "run"));
        String behind = api.submit(succeeds, after(fails));
        JsonObject failed = api.awaitEnd(fails);
        assertThat(failed.getString("state")).isEqualTo("failed");
        assertThat(failed.getString("reason")).isEqualTo("dependency_failed");
        assertThat(failed.getString("message")).contains(bad);
        assertThat(api.awaitEnd(runs).getString("state")).isEqualTo("succeeded");
        assertThat(api.awaitEnd(behind).getString("reason")).isEqualTo("dependency_failed");
        api.post("/jobs", body(after(UUID.randomUUID().toString()))).problem(422, "invalid_field");
    }

    @Test
    void a_storm_of_the_same_job_leaves_one() throws Exception {
        String key = UUID.randomUUID().toString();
        var same = new JsonObject()
                .put("dedup", new JsonObject().put("key", key))
                .put("run_at", Instant.now().plusSeconds(3_600).toString());
        var pool = Executors.newFixedThreadPool(16);
        var calls = new ArrayList<Callable<Api.Answer>>();
        for (int i = 0; i < 64; i++) {
            calls.add(() -> api.post("/jobs", body(same)));
        }
        var made = new ArrayList<String>();
        var named = new ArrayList<String>();
        for (var answer : pool.invokeAll(calls)) {
            if (answer.get().status() == 201) {
                made.add(answer.get().json().getString("id"));
            } else {
                named.add(answer.get().problem(409, "duplicate_job").json().getString("detail"));
            }
        }
        pool.shutdown();
        assertThat(made).hasSize(1);
        assertThat(named).hasSize(63).allMatch(detail -> detail.contains(made.get(0)));
        api.post("/jobs/" + made.get(0) + "/cancel").is(202);
        String next = api.post("/jobs", body(same)).is(201).json().getString("id");
        Api other = TestServer.shared().user("developer");
        other.submit(other.shell("true"), new JsonObject().put("dedup", new JsonObject().put("key", key)));
        api.post("/jobs/" + next + "/cancel").is(202);
    }

    @Test
    void a_key_with_a_time_stands_for_a_job_that_has_ended_too() {
        var dedup = new JsonObject().put("key", UUID.randomUUID().toString()).put("scope", "ttl");
        api.post("/jobs", body(new JsonObject().put("dedup", dedup))).problem(422, "invalid_field");
        dedup.put("ttl_seconds", 2);
        String first = api.submit(succeeds, new JsonObject().put("dedup", dedup));
        api.awaitEnd(first);
        api.post("/jobs", body(new JsonObject().put("dedup", dedup))).problem(409, "duplicate_job");
        Awaitility.await()
                .until(() -> api.post("/jobs", body(new JsonObject().put("dedup", dedup)))
                                .status()
                        == 201);
    }

    @Test
    void the_same_call_with_an_idempotency_key_is_no_duplicate() {
        var same = body(new JsonObject()
                .put("dedup", new JsonObject().put("key", UUID.randomUUID().toString())));
        String key = UUID.randomUUID().toString();
        String first =
                api.post("/jobs", same, "Idempotency-Key", key).is(201).json().getString("id");
        assertThat(api.post("/jobs", same, "Idempotency-Key", key)
                        .is(201)
                        .json()
                        .getString("id"))
                .isEqualTo(first);
    }

    @Test
    void only_the_exit_codes_named_are_tried_again() {
        var twice = new JsonObject()
                .put("max_attempts", 3)
                .put("retry_on_exit_codes", new JsonArray().add(75))
                .put("backoff", new JsonObject().put("first_seconds", 1).put("max_seconds", 1));
        String retried = api.submit(
                api.shell("[ -e \"$STATIONMASTER_CHECKPOINT_DIR/x\" ] && exit 4; "
                        + "touch \"$STATIONMASTER_CHECKPOINT_DIR/x\"; exit 75"),
                twice);
        JsonObject done = api.awaitEnd(retried);
        assertThat(done.getInteger("exit_code")).isEqualTo(4);
        assertThat(done.getInteger("attempt")).isEqualTo(2);
        assertThat(done.getString("message")).contains("retry_on_exit_codes");
        var wrong = twice.copy()
                .put("backoff", new JsonObject().put("first_seconds", 9).put("max_seconds", 1));
        api.post("/jobs", body(wrong)).problem(422, "invalid_field");
    }

    @Test
    void a_log_line_can_stop_retries() {
        String id = api.submit(
                api.shell("echo 'FATAL: bad data set'; exit 1"),
                new JsonObject().put("max_attempts", 5).put("stop_retries_on", "FATAL: .*data"));
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getInteger("attempt")).isOne();
        assertThat(done.getString("message")).contains("FATAL: bad data set");
        api.post("/jobs", body(new JsonObject().put("stop_retries_on", "(unclosed")))
                .problem(422, "invalid_field");
    }

    @Test
    void a_job_that_waits_longer_than_it_may_fails() {
        Api operator = TestServer.shared().user("operator");
        String queue = "q" + UUID.randomUUID().toString().substring(0, 8);
        operator.post("/queues", new JsonObject().put("name", queue).put("state", "hold"))
                .is(201);
        String id = api.submit(succeeds, new JsonObject().put("queue", queue).put("queue_timeout_seconds", 1));
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("state")).isEqualTo("failed");
        assertThat(done.getString("reason")).isEqualTo("queue_timeout");
        operator.delete("/queues/" + queue).is(204);
    }
}
