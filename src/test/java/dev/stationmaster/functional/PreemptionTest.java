package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The urgent job gets through, and who makes room loses nothing. */
class PreemptionTest {
    private static final JsonObject ONE_CPU = new JsonObject()
            .put("resource_requirements", new JsonObject().put("cpu", "1").put("memory", "8Mi"));
    /** Counts in its checkpoint folder; ends when it should make room, and is done at 3. */
    private static final String COUNTS = """
            f="$STATIONMASTER_CHECKPOINT_DIR/n"; n=$(cat "$f" 2>/dev/null || echo 0)
            echo "begins at $n"; echo $((n + 1)) > "$f"
            [ "$n" -ge 1 ] && exit 0
            until [ -e "$STATIONMASTER_PREEMPT_FILE" ]; do sleep 0.05; done
            """;

    private static TestServer server;
    private static Api api;

    @BeforeAll
    static void start() {
        server = TestServer.start(Map.of("runners.process_cpu", "1", "scheduling.preempt_notice_seconds", "4"));
        api = server.user("developer");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static long agent(String script) {
        return api.agent(ONE_CPU, "/bin/sh", "-c", script);
    }

    private static String running(String script, JsonObject more) {
        String id = api.submit(
                agent(script),
                new JsonObject().put("priority", 2).put("preemptible", true).mergeIn(more));
        api.awaitState(id, "running");
        return id;
    }

    private static JsonArray attempts(String id) {
        return api.items("/jobs/" + id + "/attempts");
    }

    @Test
    void a_program_that_sees_the_file_saves_its_state_and_goes_on_later() {
        String low = running(COUNTS + "exit 75", new JsonObject());
        String urgent = api.submit(agent("echo urgent"), new JsonObject().put("priority", 9));
        assertThat(api.awaitEnd(urgent).getString("state")).isEqualTo("succeeded");
        JsonObject done = api.awaitEnd(low);
        assertThat(done.getString("state")).isEqualTo("succeeded");
        assertThat(done.getInteger("preemptions")).isOne();
        assertThat(done.getString("preempted_for")).isNull();
        assertThat(attempts(low).getJsonObject(0).getString("outcome")).isEqualTo("preempted");
        assertThat(attempts(low).getJsonObject(0).getInteger("exit_code")).isEqualTo(75);
        assertThat(attempts(low).getJsonObject(1).getString("outcome")).isEqualTo("succeeded");
        assertThat(api.log(low)).contains("begins at 0").contains("begins at 1");
        assertThat(api.items("/jobs/" + low + "/events").encode()).contains("Makes room for job " + urgent);
    }

    @Test
    void a_program_may_wait_for_the_signal_over_http_and_acknowledge_it() throws IOException {
        String low = running(
                COUNTS + "until [ -e \"$STATIONMASTER_CHECKPOINT_DIR/acked\" ]; do sleep 0.05; done; exit 0",
                new JsonObject());
        String urgent = api.submit(agent("true"), new JsonObject().put("priority", 9));
        JsonObject signal = api.get("/jobs/" + low + "/signals/preemption?wait_seconds=20")
                .is(200)
                .json();
        assertThat(signal.getBoolean("should_preempt")).isTrue();
        assertThat(signal.getString("preempted_for")).isEqualTo(urgent);
        assertThat(signal.getString("deadline_at")).isNotBlank();
        assertThat(api.post("/jobs/" + low + "/signals/preemption/ack")
                        .is(200)
                        .json()
                        .getBoolean("acknowledged"))
                .isTrue();
        Files.createFile(server.dataDir().resolve("jobs").resolve(low).resolve("checkpoints/acked"));
        api.awaitEnd(urgent);
        assertThat(api.awaitEnd(low).getInteger("preemptions")).isOne();
        assertThat(attempts(low).getJsonObject(0).getString("outcome")).isEqualTo("preempted");
        api.post("/jobs/" + low + "/signals/preemption/ack").problem(409, "invalid_state");
    }

    @Test
    void a_job_asks_with_its_own_token_and_only_for_itself() throws IOException {
        long agent = agent("printf %s \"$STATIONMASTER_TOKEN\" > \"$STATIONMASTER_CHECKPOINT_DIR/token\"; " + COUNTS
                + "until [ -e \"$STATIONMASTER_CHECKPOINT_DIR/acked\" ]; do sleep 0.05; done; exit 0");
        var modest = new JsonObject().put("priority", 2).put("preemptible", true);
        String low = api.submit(agent, modest);
        api.awaitState(low, "running");
        Path folder = server.dataDir().resolve("jobs").resolve(low).resolve("checkpoints");
        Awaitility.await().until(() -> Files.exists(folder.resolve("n"))); // the token was written before
        Api job = api.with(Files.readString(folder.resolve("token")));
        JsonObject quiet = job.get("/jobs/" + low + "/signals/preemption?wait_seconds=1")
                .is(200)
                .json();
        assertThat(quiet.getBoolean("should_preempt")).isFalse();
        assertThat(quiet.getString("deadline_at")).isNull();
        job.post("/jobs/" + low + "/signals/preemption/ack").problem(409, "invalid_state");

        String brother = api.submit(agent, modest);
        job.get("/jobs/" + brother + "/signals/preemption").problem(403, "forbidden");
        job.post("/jobs/" + brother + "/signals/preemption/ack").problem(403, "forbidden");
        api.post("/jobs/" + brother + "/cancel").is(202);

        var told = CompletableFuture.supplyAsync(() -> job.get("/jobs/" + low + "/signals/preemption?wait_seconds=20"));
        String urgent = api.submit(agent("true"), new JsonObject().put("priority", 9));
        assertThat(told.join().is(200).json().getString("preempted_for")).isEqualTo(urgent);
        job.post("/jobs/" + low + "/signals/preemption/ack").is(200);
        Files.createFile(folder.resolve("acked"));
        api.awaitEnd(urgent);
        assertThat(api.awaitEnd(low).getInteger("preemptions")).isOne();
        job.get("/jobs/" + low + "/signals/preemption").problem(409, "invalid_state");
    }

    @Test
    void who_is_done_when_it_should_make_room_has_succeeded() {
        String low = running(COUNTS + "exit 0", new JsonObject());
        String urgent = api.submit(agent("true"), new JsonObject().put("priority", 9));
        api.awaitEnd(urgent);
        assertThat(api.awaitEnd(low).getString("state")).isEqualTo("succeeded");
        assertThat(attempts(low)).hasSize(1);
    }

    @Test
    void who_does_not_listen_gets_sigterm_after_the_notice() {
        String low = running(
                "[ -e \"$STATIONMASTER_CHECKPOINT_DIR/x\" ] && exit 0; "
                        + "touch \"$STATIONMASTER_CHECKPOINT_DIR/x\"; exec sleep 600",
                new JsonObject());
        String urgent = api.submit(agent("true"), new JsonObject().put("priority", 9));
        JsonObject waiting = api.awaitState(urgent, "queued", "succeeded");
        assertThat(waiting.getString("state")).isEqualTo("queued");
        assertThat(api.awaitEnd(urgent).getString("state")).isEqualTo("succeeded");
        assertThat(api.awaitEnd(low).getString("state")).isEqualTo("succeeded");
        assertThat(attempts(low).getJsonObject(0).getString("outcome")).isEqualTo("preempted");
    }

    @Test
    void nobody_is_asked_who_may_not_be_asked() {
        for (JsonObject safe : new JsonObject[] {
            new JsonObject().put("preemptible", false),
            new JsonObject().put("min_runtime_seconds", 600),
            new JsonObject().put("priority", 9)
        }) {
            String low = running("sleep 1.5", safe);
            String urgent = api.submit(agent("true"), new JsonObject().put("priority", 9));
            assertThat(api.awaitEnd(urgent).getString("state")).isEqualTo("succeeded");
            JsonObject done = api.job(low);
            assertThat(done.getString("state")).as(safe.encode()).isEqualTo("succeeded");
            assertThat(done.getInteger("preemptions")).isZero();
        }
    }

    @Test
    void a_preempting_job_can_be_cancelled() {
        String low = running("trap '' TERM; while :; do sleep 0.1; done", new JsonObject());
        String urgent = api.submit(agent("true"), new JsonObject().put("priority", 9));
        api.awaitState(low, "preempting");
        api.post("/jobs/" + low + "/cancel").is(202);
        assertThat(api.awaitEnd(low).getString("state")).isEqualTo("cancelled");
        assertThat(api.awaitEnd(urgent).getString("state")).isEqualTo("succeeded");
    }
}
