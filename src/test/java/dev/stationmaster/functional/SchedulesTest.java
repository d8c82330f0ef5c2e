package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.LeapingClock;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Jobs by the clock, which a test can move. */
class SchedulesTest {
    private static final LeapingClock CLOCK = new LeapingClock();
    private static TestServer server;
    private static Api api;

    @BeforeAll
    static void start() {
        server = TestServer.start(Map.of("security.access_token_seconds", "86400"), CLOCK);
        api = server.user("developer");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static JsonObject schedule(String name, String cron) {
        return new JsonObject()
                .put("name", name)
                .put("cron", cron)
                .put(
                        "job",
                        new JsonObject()
                                .put("agent_id", api.shell("echo hello"))
                                .put("name", name));
    }

    private static JsonObject read(String id) {
        return api.get("/schedules/" + id).is(200).json();
    }

    @Test
    void a_job_is_submitted_each_time_and_a_missed_time_once() {
        String id = api.post("/schedules", schedule("hourly", "0 * * * *"))
                .is(201)
                .json()
                .getString("id");
        String due = read(id).getString("next_run_at");
        CLOCK.leap(Duration.ofHours(1));
        Awaitility.await().until(() -> read(id).getString("last_job_id") != null);
        assertThat(read(id).getString("last_run_at")).isEqualTo(due);
        String job = read(id).getString("last_job_id");
        assertThat(api.awaitEnd(job).getString("state")).isEqualTo("succeeded");
        assertThat(api.job(job).getJsonObject("labels").getString("schedule")).isEqualTo("hourly");

        CLOCK.leap(Duration.ofHours(5)); // as if no server had run
        Awaitility.await().until(() -> !job.equals(read(id).getString("last_job_id")));
        api.awaitEnd(read(id).getString("last_job_id"));
        assertThat(server.sql("SELECT count(*) FROM jobs WHERE name = 'hourly'"))
                .isEqualTo(2);
        api.delete("/schedules/" + id).is(204);
        api.get("/schedules/" + id).problem(404, "not_found");
    }

    @Test
    void what_is_switched_off_or_skips_missed_times_submits_nothing() {
        String off = api.post("/schedules", schedule("off", "0 * * * *").put("enabled", false))
                .is(201)
                .json()
                .getString("id");
        String skips = api.post("/schedules", schedule("skips", "0 * * * *").put("missed_runs", "skip"))
                .is(201)
                .json()
                .getString("id");
        String due = read(skips).getString("next_run_at");
        CLOCK.leap(Duration.ofHours(3));
        Awaitility.await().until(() -> !due.equals(read(skips).getString("next_run_at")));
        assertThat(read(skips).getString("last_job_id")).isNull();
        assertThat(read(off).getString("next_run_at")).isNull();
        assertThat(server.sql("SELECT count(*) FROM jobs WHERE name IN ('off', 'skips')"))
                .isZero();
    }

    @Test
    void what_can_not_be_submitted_says_why() {
        JsonObject body = schedule("lost", "0 * * * *");
        body.getJsonObject("job").put("queue", "nowhere");
        String id = api.post("/schedules", body).is(201).json().getString("id");
        CLOCK.leap(Duration.ofHours(1));
        Awaitility.await().until(() -> read(id).getString("last_error") != null);
        assertThat(read(id).getString("last_error")).contains("nowhere");
    }

    @Test
    void nonsense_is_refused_and_others_keep_their_hands_off() {
        api.post("/schedules", schedule("x", "every day")).problem(422, "invalid_field");
        api.post("/schedules", schedule("x", "0 0 30 2 *")).problem(422, "invalid_field");
        api.post("/schedules", schedule("x", "0 0 * * *").put("time_zone", "Mars/Olympus"))
                .problem(422, "invalid_field");
        JsonObject body = schedule("mine", "0 0 1 1 *");
        Api.Answer made = api.post("/schedules", body).is(201);
        api.post("/schedules", body).problem(409, "name_taken");
        String path = "/schedules/" + made.json().getString("id");
        Api other = server.user("developer");
        other.patch(path, new JsonObject().put("enabled", false)).problem(403, "forbidden");
        other.delete(path).problem(403, "forbidden");
        String etag = made.response().headers().firstValue("ETag").orElseThrow();
        api.patch(path, new JsonObject().put("cron", "0 1 1 1 *"), "If-Match", etag)
                .is(200);
        api.patch(path, new JsonObject().put("enabled", false), "If-Match", etag)
                .problem(412, "precondition_failed");
        assertThat(api.items("/schedules").encode()).contains("\"mine\"");
    }
}
