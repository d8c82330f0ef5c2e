package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import dev.stationmaster.testing.WorkerProcess;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the server takes from remote workers and what it refuses: the test itself plays the worker. */
class WorkerProtocolTest {
    private static TestServer server;
    private static Api people;
    private static Api box;

    private final String name = "box-" + UUID.randomUUID().toString().substring(0, 8);
    private UUID session = UUID.randomUUID();
    private long number;

    @BeforeAll
    static void start() {
        server = TestServer.start(Map.of("jobs.lease_seconds", "30"));
        people = server.user("operator");
        box = people.with(WorkerProcess.token(people));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private JsonObject registration() {
        return new JsonObject()
                .put("name", name)
                .put("version", "0.1.0")
                .put("protocol", 1)
                .put("session", session.toString())
                .put("runners", new JsonArray().add("process"))
                .put("slots", 4)
                .put(
                        "capacity",
                        new JsonObject()
                                .put("cpu_millis", 4_000)
                                .put("memory_bytes", 8L << 30)
                                .put("gpus", 0)
                                .put("storage_bytes", 1L << 40));
    }

    @BeforeEach
    void register() {
        people.items("/workers").forEach(w -> people.delete("/workers/" + ((JsonObject) w).getString("name")));
        box.post("/workers", registration()).is(200);
    }

    private JsonObject pollBody(double wait, JsonObject... attempts) {
        return new JsonObject()
                .put("session", session.toString())
                .put("number", ++number)
                .put("wait_seconds", wait)
                .put("at", OffsetDateTime.now(java.time.ZoneOffset.UTC).toString())
                .put("attempts", new JsonArray(List.of(attempts)));
    }

    private JsonArray poll(JsonObject... attempts) {
        return box.post("/workers/" + name + "/poll", pollBody(0, attempts))
                .is(200)
                .json()
                .getJsonArray("orders");
    }

    private static JsonObject held(String job, long lease) {
        return new JsonObject().put("job_id", job).put("lease", lease);
    }

    /** A job that this worker was told to launch. */
    private String launched() {
        String id = people.submit(people.agent(new JsonObject().put("runner", "worker"), "/bin/true"));
        JsonObject order = Awaitility.await()
                .until(
                        () -> poll().stream()
                                .map(JsonObject.class::cast)
                                .findFirst()
                                .orElse(null),
                        o -> o != null);
        assertThat(order.getString("order")).isEqualTo("launch");
        assertThat(order.getString("job_id")).isEqualTo(id);
        JsonObject launch = order.getJsonObject("launch");
        assertThat(launch.getJsonArray("command")).containsExactly("/bin/true");
        assertThat(launch.getJsonObject("env").getString("STATIONMASTER_JOB_ID"))
                .isEqualTo(id);
        return id;
    }

    private String attempt(String job, long lease) {
        return "/workers/" + name + "/attempts/" + job + "/" + lease;
    }

    private static JsonObject lines(long from, String... lines) {
        return new JsonObject().put("from", from).put("lines", new JsonArray(List.of(lines)));
    }

    private static JsonObject end(int code) {
        return new JsonObject()
                .put("cause", "exited")
                .put("exit_code", code)
                .put("message", "exited with code " + code);
    }

    @Test
    void an_order_that_got_lost_on_the_way_is_given_again_and_one_that_is_followed_is_not() {
        String id = launched();
        JsonArray again = poll();
        assertThat(again.getJsonObject(0).getString("order")).isEqualTo("launch");
        assertThat(again.getJsonObject(0).getLong("lease")).isEqualTo(1);
        assertThat(poll(held(id, 1))).isEmpty();
        box.post(attempt(id, 1) + "/started").is(204);
        box.post(attempt(id, 1) + "/started").is(204);
        assertThat(people.job(id).getString("state")).isEqualTo("running");
        box.post(attempt(id, 1) + "/end", end(0)).is(204);
        assertThat(people.job(id).getString("state")).isEqualTo("succeeded");
        box.post(attempt(id, 1) + "/end", end(0)).problem(409, "lease_lost");
        assertThat(poll(held(id, 1)).getJsonObject(0).getString("order")).isEqualTo("fence");
        assertThat(poll(held(id, 1).put("ordered", "fence"))).isEmpty();
    }

    @Test
    void lines_are_taken_once_and_in_order() {
        String id = launched();
        box.post(attempt(id, 1) + "/started").is(204);
        assertThat(taken(id, lines(0, "a", "b"))).isEqualTo(2);
        assertThat(taken(id, lines(0, "a", "b"))).as("the answer was lost").isEqualTo(2);
        assertThat(taken(id, lines(1, "b", "{\"metrics\":{\"x\":1},\"step\":3}", "c")))
                .isEqualTo(4);
        assertThat(taken(id, lines(9, "too far"))).as("says where to go on").isEqualTo(4);
        assertThat(taken(id, lines(4, "nul \0 byte").put("notes", new JsonArray().add("a note"))))
                .isEqualTo(5);
        assertThat(people.log(id)).isEqualTo("a\nb\nc\na note\nnul  byte\n");
        assertThat(people.items("/jobs/" + id + "/metrics")).hasSize(1);
        box.post(attempt(id, 2) + "/lines", lines(5, "of another lease")).problem(409, "lease_lost");
        box.post(attempt(id, 1) + "/end", end(0)).is(204);
        box.post(attempt(id, 1) + "/lines", lines(5, "late")).problem(409, "lease_lost");
        assertThat(people.log(id)).doesNotContain("late", "another");
    }

    private long taken(String id, JsonObject batch) {
        return box.post(attempt(id, 1) + "/lines", batch).is(200).json().getLong("taken");
    }

    @Test
    void a_waiting_poll_is_answered_as_soon_as_there_is_an_order() {
        String id = launched();
        box.post(attempt(id, 1) + "/started").is(204);
        var answer = java.util.concurrent.CompletableFuture.supplyAsync(
                () -> box.post("/workers/" + name + "/poll", pollBody(10, held(id, 1))));
        Awaitility.await().until(() -> {
            people.post("/jobs/" + id + "/cancel");
            return answer.isDone();
        });
        JsonObject order = answer.join().is(200).json().getJsonArray("orders").getJsonObject(0);
        assertThat(order.getString("order")).isEqualTo("stop");
        assertThat(order.getString("reason")).isEqualTo("cancelled");
        assertThat(poll(held(id, 1).put("ordered", "stop")))
                .as("it is being followed")
                .isEmpty();
        box.post(
                        attempt(id, 1) + "/end",
                        new JsonObject()
                                .put("cause", "stopped")
                                .put("message", "stopped")
                                .put("stopped_for", "cancelled"))
                .is(204);
        assertThat(people.job(id).getString("state")).isEqualTo("cancelled");
    }

    @Test
    void a_worker_that_was_started_anew_has_lost_what_it_ran() {
        String id = launched();
        box.post(attempt(id, 1) + "/started").is(204);
        session = UUID.randomUUID();
        number = 0;
        box.post("/workers", registration()).is(200);
        assertThat(poll()).isEmpty();
        Awaitility.await().until(() -> "executor_lost"
                .equals(people.items("/jobs/" + id + "/attempts")
                        .getJsonObject(0)
                        .getString("reason")));
        JsonObject order = Awaitility.await()
                .until(
                        () -> poll().stream()
                                .map(JsonObject.class::cast)
                                .findFirst()
                                .orElse(null),
                        o -> o != null);
        assertThat(order.getLong("lease")).isEqualTo(2);
    }

    @Test
    void polls_of_yesterday_and_of_others_count_for_nothing() {
        poll();
        JsonObject old = pollBody(0).put("number", 1);
        number++;
        box.post("/workers/" + name + "/poll", old).problem(409, "invalid_state");
        box.post(
                        "/workers/" + name + "/poll",
                        pollBody(0).put("session", UUID.randomUUID().toString()))
                .problem(409, "conflict");
        Api other = server.user("operator");
        Api stranger = other.with(WorkerProcess.token(other));
        stranger.post("/workers/" + name + "/poll", pollBody(0)).problem(404, "not_found");
        stranger.post("/workers", registration()).problem(409, "name_taken");
        stranger.post("/workers/" + name + "/leave").problem(404, "not_found");
        box.post("/workers", registration().put("protocol", 2)).problem(409, "worker_outdated");
        box.get("/jobs").problem(403, "forbidden");
    }

    @Test
    void a_worker_whose_clock_is_an_hour_ahead_is_shown_as_such_and_leases_do_not_care() {
        String id = launched();
        box.post(attempt(id, 1) + "/started").is(204);
        JsonObject early = pollBody(0, held(id, 1))
                .put(
                        "at",
                        OffsetDateTime.now(java.time.ZoneOffset.UTC)
                                .plusHours(1)
                                .toString());
        box.post("/workers/" + name + "/poll", early).is(200);
        double offset =
                people.get("/workers/" + name).json().getJsonObject("load").getDouble("clock_offset_seconds");
        assertThat(offset).isBetween(3_540.0, 3_660.0);
        assertThat(people.job(id).getString("state")).isEqualTo("running");
        box.post(attempt(id, 1) + "/end", end(0)).is(204);
        assertThat(people.job(id).getDouble("cost"))
                .as("an hour would be far more")
                .isLessThan(0.01);
    }

    @Test
    void a_stranger_gets_nothing_of_a_job() {
        String id = launched();
        Api other = server.user("operator");
        Api stranger = other.with(WorkerProcess.token(other));
        stranger.post(attempt(id, 1) + "/lines", lines(0, "x")).problem(409, "lease_lost");
        stranger.post(attempt(id, 1) + "/end", end(0)).problem(409, "lease_lost");
        stranger.get("/jobs/" + id + "/checkpoints?lease=1").problem(409, "lease_lost");
        box.get("/jobs/" + id + "/checkpoints?lease=2").problem(409, "lease_lost");
        box.get("/jobs/" + id + "/checkpoints?lease=1").is(200);
    }

    @Test
    void a_cordoned_worker_keeps_what_it_has_and_gets_nothing_more() {
        String id = launched();
        people.post("/workers/" + name + "/cordon").is(200);
        assertThat(poll(held(id, 1))).isEmpty();
        String waits = people.submit(people.agent(new JsonObject().put("runner", "worker"), "/bin/true"));
        Awaitility.await()
                .until(() -> "no_matching_executor".equals(people.job(waits).getString("reason")));
        people.post("/workers/" + name + "/uncordon").is(200);
        Awaitility.await().until(() -> !poll(held(id, 1)).isEmpty());
    }

    @Test
    void charges_follow_the_heartbeats_and_never_double() {
        String id = launched();
        box.post(attempt(id, 1) + "/started").is(204);
        Awaitility.await().until(() -> {
            poll(held(id, 1));
            return people.job(id).getDouble("cost") > 0;
        });
        box.post(attempt(id, 1) + "/end", end(0).put("peak_memory_bytes", 12_345))
                .is(204);
        JsonObject job = people.job(id);
        JsonObject attempt = people.items("/jobs/" + id + "/attempts").getJsonObject(0);
        assertThat(attempt.getLong("peak_memory_bytes")).isEqualTo(12_345);
        assertThat(attempt.getDouble("cost")).isEqualTo(job.getDouble("cost"));
        long nanos = server.sql(
                "SELECT coalesce(sum(cpu_nanos + memory_nanos + gpu_nanos), 0)::bigint FROM cost_ledger WHERE job_id = '"
                        + id + "'");
        assertThat(nanos / 1e9).isEqualTo(job.getDouble("cost"));
    }
}
