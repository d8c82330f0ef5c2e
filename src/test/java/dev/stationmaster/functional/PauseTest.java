package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A paused job holds nothing, keeps its checkpoint and its place, and goes on only when somebody says so. */
class PauseTest {
    private static final JsonObject ONE_CPU = new JsonObject()
            .put("resource_requirements", new JsonObject().put("cpu", "1").put("memory", "8Mi"));
    /** Saves its state and ends when it should make room; is done in its second life. */
    private static final String SAVES = """
            f="$STATIONMASTER_CHECKPOINT_DIR/life"; [ -e "$f" ] && exit 0; touch "$f"
            until [ -e "$STATIONMASTER_PREEMPT_FILE" ]; do sleep 0.05; done; exit 75
            """;

    private static TestServer server;
    private static Api api;

    @BeforeAll
    static void start() {
        server = TestServer.start(Map.of("runners.process_cpu", "1", "scheduling.preempt_notice_seconds", "3"));
        api = server.user("developer");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static long agent(String script) {
        return api.agent(ONE_CPU, "/bin/sh", "-c", script);
    }

    private static String blocker() {
        String id = api.submit(agent("until [ -e \"$STATIONMASTER_CHECKPOINT_DIR/go\" ]; do sleep 0.05; done"));
        api.awaitState(id, "running");
        return id;
    }

    private static void letGo(String id) throws IOException {
        Files.createFile(server.dataDir().resolve("jobs").resolve(id).resolve("checkpoints/go"));
        api.awaitEnd(id);
    }

    @Test
    void a_running_job_saves_its_state_and_waits_without_holding_anything() {
        String id = api.submit(agent(SAVES));
        api.awaitState(id, "running");
        JsonObject asked = api.post("/jobs/" + id + "/pause").is(202).json();
        assertThat(asked.getString("state")).isEqualTo("preempting");
        assertThat(asked.getString("reason")).isEqualTo("paused");
        api.post("/jobs/" + id + "/pause").problem(409, "invalid_state");
        JsonObject paused = api.awaitState(id, "paused");
        assertThat(paused.getString("message")).contains("resume");
        assertThat(paused.getInteger("attempt")).isOne();
        api.awaitEnd(api.submit(agent("true"))); // its core is free

        assertThat(api.post("/jobs/" + id + "/resume").is(200).json().getString("state"))
                .isEqualTo("queued");
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("state")).isEqualTo("succeeded");
        JsonArray attempts = api.items("/jobs/" + id + "/attempts");
        assertThat(attempts.getJsonObject(0).getString("outcome")).isEqualTo("preempted");
        assertThat(attempts).hasSize(2);
        assertThat(api.items("/jobs/" + id + "/events").encode()).contains("\"paused\"", "\"resumed\"");
    }

    @Test
    void a_program_that_does_not_listen_gets_sigterm_and_is_paused_all_the_same() {
        String id = api.submit(agent("[ -e \"$STATIONMASTER_CHECKPOINT_DIR/x\" ] && exit 0; "
                + "touch \"$STATIONMASTER_CHECKPOINT_DIR/x\"; exec sleep 600"));
        api.awaitState(id, "running");
        api.post("/jobs/" + id + "/pause").is(202);
        api.awaitState(id, "paused");
        api.post("/jobs/" + id + "/resume").is(200);
        assertThat(api.awaitEnd(id).getString("state")).isEqualTo("succeeded");
    }

    @Test
    void a_waiting_job_is_passed_by_until_it_is_resumed() throws IOException {
        String blocker = blocker();
        String first = api.submit(agent("true"));
        String second = api.submit(agent("true"));
        assertThat(api.post("/jobs/" + first + "/pause").is(202).json().getString("state"))
                .isEqualTo("paused");
        letGo(blocker);
        api.awaitEnd(second);
        assertThat(api.job(first).getString("state")).isEqualTo("paused");
        server.flushRedis(); // nor does a rebuilt index start it
        api.awaitEnd(api.submit(agent("true")));
        assertThat(api.job(first).getString("state")).isEqualTo("paused");
        api.post("/jobs/" + first + "/resume").is(200);
        assertThat(api.awaitEnd(first).getString("state")).isEqualTo("succeeded");
        api.post("/jobs/" + first + "/resume").problem(409, "invalid_state");
        api.post("/jobs/" + first + "/pause").problem(409, "invalid_state");
    }

    @Test
    void what_was_still_to_come_is_still_to_come_after_a_pause() {
        String later = api.submit(agent("true"), new JsonObject().put("run_at", "2099-01-01T00:00:00Z"));
        String after = api.submit(agent("true"), new JsonObject().put("depends_on", new JsonArray().add(later)));
        for (String id : new String[] {later, after}) {
            api.post("/jobs/" + id + "/pause").is(202);
            assertThat(api.job(id).getString("state")).isEqualTo("paused");
        }
        assertThat(api.post("/jobs/" + later + "/resume").is(200).json().getString("state"))
                .isEqualTo("scheduled");
        assertThat(api.post("/jobs/" + after + "/resume").is(200).json().getString("state"))
                .isEqualTo("blocked");
    }

    @Test
    void a_paused_job_can_be_cancelled_and_many_can_be_paused_at_once() throws IOException {
        String blocker = blocker();
        long agent = agent("true");
        var ids = new JsonArray().add(api.submit(agent)).add(api.submit(agent));
        JsonObject paused = api.post(
                        "/jobs/bulk", new JsonObject().put("action", "pause").put("ids", ids))
                .is(200)
                .json();
        assertThat(paused.getInteger("done")).isEqualTo(2);
        assertThat(api.post("/jobs/" + ids.getString(0) + "/cancel")
                        .is(202)
                        .json()
                        .getString("state"))
                .isEqualTo("cancelled");
        JsonObject resumed = api.post(
                        "/jobs/bulk", new JsonObject().put("action", "resume").put("ids", ids))
                .is(200)
                .json();
        assertThat(resumed.getInteger("done")).isOne();
        letGo(blocker);
        assertThat(api.awaitEnd(ids.getString(1)).getString("state")).isEqualTo("succeeded");
    }

    @Test
    void a_change_of_mind_before_the_program_has_ended_sends_it_back_to_the_queue() throws IOException {
        String id = api.submit(agent(SAVES.replace(
                "exit 75", "until [ -e \"$STATIONMASTER_CHECKPOINT_DIR/go\" ]; do sleep 0.05; done; exit 75")));
        api.awaitState(id, "running");
        api.post("/jobs/" + id + "/pause").is(202);
        assertThat(api.post("/jobs/" + id + "/resume").is(200).json().getString("state"))
                .isEqualTo("preempting");
        Files.createFile(server.dataDir().resolve("jobs").resolve(id).resolve("checkpoints/go"));
        assertThat(api.awaitEnd(id).getString("state")).isEqualTo("succeeded");
    }
}
