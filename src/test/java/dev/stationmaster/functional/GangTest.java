package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Replicas of one job start together or not at all, and count for what they use. */
class GangTest {
    private static final JsonObject ONE_CPU = new JsonObject()
            .put("resource_requirements", new JsonObject().put("cpu", "1").put("memory", "8Mi"));
    /** Ends only when all replicas run at the same time. */
    private static final String MEETS = """
            touch "$STATIONMASTER_CHECKPOINT_DIR/here-$STATIONMASTER_REPLICA"
            echo "{\\"metrics\\":{\\"rank\\":$STATIONMASTER_REPLICA},\\"step\\":1}"
            i=0; while [ $i -lt "$STATIONMASTER_REPLICAS" ]; do
              if [ -e "$STATIONMASTER_CHECKPOINT_DIR/here-$i" ]; then i=$((i + 1)); else sleep 0.05; fi
            done
            echo "met all $STATIONMASTER_REPLICAS"
            """;

    private static TestServer server;
    private static Api api;

    @BeforeAll
    static void start() {
        server = TestServer.start(Map.of("runners.process_cpu", "2"));
        api = server.user("developer");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String gang(String script, int replicas, int min) {
        return api.submit(
                api.agent(ONE_CPU, "/bin/sh", "-c", script),
                new JsonObject().put("replicas", replicas).put("min_replicas", min));
    }

    private static String blocker() {
        String id = api.submit(api.agent(
                ONE_CPU, "/bin/sh", "-c", "until [ -e \"$STATIONMASTER_CHECKPOINT_DIR/go\" ]; do sleep 0.05; done"));
        api.awaitState(id, "running");
        return id;
    }

    private static void letGo(String id) throws IOException {
        Files.createFile(server.dataDir().resolve("jobs").resolve(id).resolve("checkpoints/go"));
    }

    @Test
    void all_replicas_run_at_the_same_time_or_none_does() throws IOException {
        String blocker = blocker();
        String id = gang(MEETS, 2, 2);
        JsonObject waits = api.awaitState(id, "queued");
        assertThat(waits.getInteger("replicas")).isEqualTo(2);
        assertThat(waits.getInteger("replicas_started")).isNull();
        String third = api.submit(api.agent(ONE_CPU, "true"));
        api.awaitEnd(third); // the other core is free, and the gang does not take it alone
        assertThat(api.job(id).getString("state")).isEqualTo("queued");
        letGo(blocker);
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("state")).as(api.log(id)).isEqualTo("succeeded");
        assertThat(done.getInteger("replicas_started")).isEqualTo(2);
        assertThat(done.getJsonObject("metrics").getInteger("rank")).isZero(); // those of the first are the job's
        assertThat(api.log(id)).contains("[0] met all 2", "[1] met all 2");
    }

    @Test
    void it_starts_with_fewer_where_that_is_enough() throws IOException {
        String blocker = blocker();
        String id = gang(MEETS, 2, 1);
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("state")).isEqualTo("succeeded");
        assertThat(done.getInteger("replicas_started")).isOne();
        assertThat(api.log(id)).contains("met all 1");
        letGo(blocker);
        api.awaitEnd(blocker);
    }

    @Test
    void the_first_that_fails_ends_the_others_and_all_begin_anew() {
        String id = api.submit(
                api.agent(
                        ONE_CPU,
                        "/bin/sh",
                        "-c",
                        "[ \"$STATIONMASTER_ATTEMPT\" = 2 ] && exit 0; "
                                + "[ \"$STATIONMASTER_REPLICA\" = 1 ] && exit 3; exec sleep 600"),
                new JsonObject()
                        .put("replicas", 2)
                        .put("max_attempts", 2)
                        .put("backoff", new JsonObject().put("first_seconds", 1).put("max_seconds", 1)));
        assertThat(api.awaitEnd(id).getString("state")).isEqualTo("succeeded");
        JsonObject first = api.items("/jobs/" + id + "/attempts").getJsonObject(0);
        assertThat(first.getString("outcome")).isEqualTo("failed");
        assertThat(first.getInteger("exit_code")).isEqualTo(3);
        assertThat(first.getString("message")).contains("replica 1 of 2");
    }

    @Test
    void while_they_run_they_hold_what_all_of_them_need() {
        String id = gang("exec sleep 600", 2, 2);
        api.awaitState(id, "running");
        JsonObject queue = api.get("/queues/default").is(200).json();
        assertThat(queue.encode()).contains("\"cpu\":\"2\"");
        JsonObject plan = api.post(
                        "/jobs?dry_run=true",
                        new JsonObject()
                                .put("agent_id", api.agent(ONE_CPU, "true"))
                                .put("name", "next"))
                .is(200)
                .json();
        assertThat(plan.getBoolean("starts_now")).isFalse();
        api.post("/jobs/" + id + "/cancel").is(202);
        assertThat(api.awaitEnd(id).getString("state")).isEqualTo("cancelled");
    }

    @Test
    void a_gang_that_can_never_start_is_refused() {
        long agent = api.agent(ONE_CPU, "true");
        var body = new JsonObject().put("agent_id", agent).put("name", "too large");
        api.post("/jobs", body.copy().put("replicas", 3)).problem(422, "no_matching_runner");
        api.post("/jobs", body.copy().put("replicas", 2).put("min_replicas", 3)).problem(422, "invalid_field");
        api.post("/jobs", body.copy().put("replicas", 0)).problem(400, "bad_request");
        api.post("/jobs", body.copy().put("replicas", 65)).problem(400, "bad_request");
        assertThat(api.items("/jobs?agent_id=" + agent)).isEmpty();
    }
}
