package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.CutWire;
import dev.stationmaster.testing.LittleServer;
import dev.stationmaster.testing.TestServer;
import dev.stationmaster.testing.WorkerProcess;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** GPU boxes that lease jobs over HTTP: the same job contract there, and what happens when box or wire goes away. */
class RemoteWorkersTest {
    /** Counts to $1 in steps of 100 ms, keeps the count as its checkpoint, says where it began. */
    private static final String COUNTING = """
            f="$STATIONMASTER_CHECKPOINT_DIR/deep/n"; mkdir -p "$STATIONMASTER_CHECKPOINT_DIR/deep"
            n=$(cat "$f" 2>/dev/null || echo 0)
            echo "begin at $n attempt $STATIONMASTER_ATTEMPT"
            while [ $n -lt 60 ]; do
              n=$((n+1)); sleep 0.1; echo $n > "$f.new"; mv "$f.new" "$f"
              echo "line $n"; echo "{\\"metrics\\":{\\"n\\":$n},\\"step\\":$n,\\"total_steps\\":60}"
            done
            echo result > "$STATIONMASTER_ARTIFACT_DIR/result.txt"; echo done""";

    @TempDir
    static Path temp;

    private static TestServer server;
    private static Api api;
    private static String token;

    @BeforeAll
    static void start() {
        server = TestServer.start(Map.of(
                "jobs.lease_seconds", "6", "jobs.grace_seconds", "1", "scheduling.preempt_notice_seconds", "0.5"));
        api = server.user("operator");
        token = WorkerProcess.token(api);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void forget() {
        api.items("/workers").forEach(w -> api.delete("/workers/" + ((JsonObject) w).getString("name"))
                .is(204));
    }

    private static WorkerProcess worker(String name) {
        return WorkerProcess.start(server.port(), token, name, temp, Map.of()).awaitUp(api, name);
    }

    private static String submit(String script) {
        return submit(script, new JsonObject());
    }

    private static String submit(String script, JsonObject more) {
        return api.submit(api.agent(new JsonObject().put("runner", "worker"), "/bin/sh", "-c", script), more);
    }

    private static void awaitLine(String id, String line) {
        Awaitility.await("line " + line + " of " + id)
                .atMost(Duration.ofSeconds(30))
                .until(() -> api.log(id).lines().anyMatch(line::equals));
    }

    private static JsonArray attempts(String id) {
        return api.items("/jobs/" + id + "/attempts");
    }

    @Test
    void a_job_runs_there_as_it_would_here() {
        try (WorkerProcess box = worker("box-1")) {
            String id = submit(COUNTING);
            awaitLine(id, "line 20");
            JsonObject shown = api.get("/workers/box-1").is(200).json();
            assertThat(shown.getInteger("running_jobs")).isOne();
            assertThat(shown.getJsonArray("jobs").encode()).contains(id);
            assertThat(shown.getJsonObject("used").getString("cpu")).isEqualTo("100m");
            JsonObject done = api.awaitEnd(id);
            assertThat(done.getString("state")).as(done.encode() + box.log()).isEqualTo("succeeded");
            assertThat(done.getString("runner")).isEqualTo("worker");
            assertThat(attempts(id).getJsonObject(0).getString("worker")).isEqualTo("box-1");
            assertThat(api.log(id).lines().toList())
                    .startsWith("begin at 0 attempt 1")
                    .endsWith("done")
                    .containsAll(IntStream.rangeClosed(1, 60)
                            .mapToObj(n -> "line " + n)
                            .toList())
                    .hasSize(62);
            assertThat(api.items("/jobs/" + id + "/metrics?limit=500")).hasSize(60);
            assertThat(done.getJsonObject("progress").getLong("step")).isEqualTo(60);
            assertThat(api.items("/jobs/" + id + "/artifacts").encode())
                    .as(box.log())
                    .contains("result.txt");
            assertThat(api.get("/jobs/" + id + "/artifacts/result.txt").text()).isEqualTo("result\n");
            assertThat(api.items("/jobs/" + id + "/checkpoints").encode()).contains("deep/n");
            assertThat(api.get("/jobs/" + id + "/checkpoints/deep%2Fn").text()).isEqualTo("60\n");
            assertThat(done.getDouble("cost")).isPositive();
            assertThat(box.log()).doesNotContain(token);
        }
    }

    @Test
    void an_end_that_is_no_success_is_told_as_such() {
        try (WorkerProcess box = worker("box-2")) {
            JsonObject failed = api.awaitEnd(submit("echo broken; exit 7"));
            assertThat(failed.getInteger("exit_code")).as(failed.encode()).isEqualTo(7);
            assertThat(failed.getString("reason")).isEqualTo("exit_nonzero");
            JsonObject late = api.awaitEnd(submit("sleep 60", new JsonObject().put("timeout_seconds", 1)));
            assertThat(late.getString("reason")).as(late.encode()).isEqualTo("timeout");
            long nothing = api.agent(new JsonObject().put("runner", "worker"), "/no/such/program");
            JsonObject missing = api.awaitEnd(api.submit(nothing));
            assertThat(missing.getString("state")).isEqualTo("failed");
            assertThat(missing.getString("message")).contains("/no/such/program");
            String stopped = submit("echo up; trap '' TERM; while :; do sleep 0.1; done");
            awaitLine(stopped, "up");
            api.post("/jobs/" + stopped + "/cancel").is(202);
            JsonObject cancelled = api.awaitEnd(stopped);
            assertThat(cancelled.getString("state")).isEqualTo("cancelled");
            JsonObject told = api.awaitEnd(submit(
                    "echo fatal: bad data; exit 1",
                    new JsonObject().put("max_attempts", 3).put("stop_retries_on", "fatal: .*")));
            assertThat(told.getString("message")).contains("fatal: bad data");
            assertThat(attempts(told.getString("id"))).hasSize(1);
            assertThat(box.isAlive()).isTrue();
        }
    }

    @Test
    void a_box_that_vanishes_loses_its_job_to_another_which_goes_on_from_the_checkpoint() {
        try (WorkerProcess first = worker("box-3")) {
            String id = submit(COUNTING);
            awaitLine(id, "line 25");
            first.kill();
            try (WorkerProcess second = worker("box-4")) {
                JsonObject done = api.awaitEnd(id);
                assertThat(done.getString("state"))
                        .as(done.encode() + second.log())
                        .isEqualTo("succeeded");
                assertThat(attempts(id)).hasSize(2);
                assertThat(attempts(id).getJsonObject(0).getString("reason")).isEqualTo("lease_lost");
                assertThat(attempts(id).getJsonObject(1).getString("worker")).isEqualTo("box-4");
                assertThat(beganAt(id, 2)).as(api.log(id)).isGreaterThan(5);
            }
        }
    }

    private static int beganAt(String id, int attempt) {
        return api.log(id)
                .lines()
                .filter(l -> l.endsWith("attempt " + attempt))
                .mapToInt(l -> Integer.parseInt(l.split(" ")[2]))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void a_drained_box_gives_its_job_to_another() {
        try (WorkerProcess first = worker("box-5")) {
            String id = submit(COUNTING);
            awaitLine(id, "line 15");
            api.post("/workers/box-5/drain").is(200);
            try (WorkerProcess second = worker("box-6")) {
                JsonObject done = api.awaitEnd(id);
                assertThat(done.getString("state"))
                        .as(done.encode() + first.log())
                        .isEqualTo("succeeded");
                assertThat(attempts(id).getJsonObject(0).getString("reason")).isEqualTo("worker_drained");
                assertThat(attempts(id).getJsonObject(1).getString("worker")).isEqualTo("box-6");
                assertThat(beganAt(id, 2)).isGreaterThanOrEqualTo(15);
                assertThat(api.get("/workers/box-5").json().getString("state")).isEqualTo("draining");
                assertThat(second.isAlive() && first.isAlive()).isTrue();
            }
            api.post("/workers/box-5/uncordon").is(200);
            assertThat(api.awaitEnd(submit("true")).getString("state")).isEqualTo("succeeded");
        }
    }

    @Test
    void a_box_that_stops_in_order_gives_its_job_back_at_once() {
        String id;
        try (WorkerProcess first = worker("box-7")) {
            id = submit(COUNTING);
            awaitLine(id, "line 15");
            assertThat(first.isAlive()).isTrue();
        }
        JsonObject waits = api.job(id);
        assertThat(waits.getString("state")).as(waits.encode()).isEqualTo("queued");
        try (WorkerProcess second = worker("box-8")) {
            assertThat(api.awaitEnd(id).getString("state")).isEqualTo("succeeded");
            assertThat(beganAt(id, 2)).isGreaterThanOrEqualTo(15);
            assertThat(second.isAlive()).isTrue();
        }
    }

    @Test
    void a_short_cut_of_the_wire_loses_nothing() {
        try (var wire = new CutWire(server.port());
                WorkerProcess box = WorkerProcess.start(wire.port(), token, "box-9", temp, Map.of())) {
            box.awaitUp(api, "box-9");
            String id = submit(COUNTING);
            awaitLine(id, "line 10");
            wire.cut();
            Awaitility.await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
            wire.mend();
            JsonObject done = api.awaitEnd(id);
            assertThat(done.getString("state")).as(done.encode() + box.log()).isEqualTo("succeeded");
            assertThat(attempts(id)).hasSize(1);
            assertThat(api.log(id).lines().filter(l -> l.startsWith("line ")).toList())
                    .isEqualTo(IntStream.rangeClosed(1, 60)
                            .mapToObj(n -> "line " + n)
                            .toList());
        }
    }

    @Test
    void a_box_cut_off_for_longer_than_a_lease_ends_its_program_and_is_refused_when_it_comes_back() {
        try (var wire = new CutWire(server.port());
                WorkerProcess lost = WorkerProcess.start(wire.port(), token, "box-10", temp, Map.of())) {
            lost.awaitUp(api, "box-10");
            String id = submit(COUNTING.replace("-lt 60", "-lt 150"));
            awaitLine(id, "line 20");
            wire.cut();
            try (WorkerProcess other = worker("box-11")) {
                Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> api.log(id)
                        .contains("attempt 2"));
                Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> lost.log()
                        .contains("all leases are lost"));
                wire.mend();
                lost.awaitUp(api, "box-10");
                JsonObject done = api.awaitEnd(id);
                assertThat(done.getString("state")).as(done.encode()).isEqualTo("succeeded");
                assertThat(attempts(id)).hasSize(2);
                List<String> second = api.log(id)
                        .lines()
                        .dropWhile(l -> !l.endsWith("attempt 2"))
                        .skip(1)
                        .filter(l -> l.startsWith("line "))
                        .toList();
                assertThat(second)
                        .as("nothing of the first attempt comes behind the second's beginning")
                        .isEqualTo(IntStream.rangeClosed(beganAt(id, 2) + 1, 150)
                                .mapToObj(n -> "line " + n)
                                .toList());
                assertThat(other.isAlive()).isTrue();
            }
        }
    }

    @Test
    void a_deployment_stays_up_there_and_its_health_is_known_here() {
        try (WorkerProcess box = worker("box-14")) {
            var kit = new DeploymentKit(api);
            long agent = api.agent(
                    new JsonObject().put("runner", "worker"), LittleServer.command(temp.resolve("sick-there")));
            kit.deploy(
                    agent,
                    2,
                    new JsonObject()
                            .put(
                                    "health_check",
                                    DeploymentKit.check("http")
                                            .put("path", "/health")
                                            .put("failure_threshold", 50)));
            JsonObject up = kit.awaitDone(agent, 2);
            assertThat(DeploymentKit.instances(up).map(i -> i.getString("worker")))
                    .containsOnly("box-14");
            assertThat(DeploymentKit.instances(up).map(i -> i.getString("address")))
                    .as("each with a port of its own")
                    .doesNotHaveDuplicates()
                    .allMatch(a -> a.startsWith("127.0.0.1:"));
            api.delete("/agents/" + agent + "/deployment");
            assertThat(box.isAlive()).isTrue();
        }
    }

    @Test
    void a_worker_without_the_right_token_or_name_is_told_why() {
        String wrong = api.post("/tokens", new JsonObject().put("name", "v").put("role", "viewer"))
                .is(201)
                .json()
                .getString("token");
        try (WorkerProcess box = WorkerProcess.start(server.port(), wrong, "box-12", temp, Map.of())) {
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> box.log()
                    .contains("role"));
            assertThat(box.isAlive()).as("the token may be mended").isTrue();
        }
        String others = WorkerProcess.token(server.user("operator"));
        try (WorkerProcess mine = worker("box-13");
                WorkerProcess thief =
                        WorkerProcess.start(server.port(), others, "box-13", temp.resolve("2"), Map.of())) {
            assertThat(thief.awaitEnd()).isEqualTo(2);
            assertThat(thief.log()).contains("box-13 belongs to");
            assertThat(mine.isAlive()).isTrue();
        }
    }
}
