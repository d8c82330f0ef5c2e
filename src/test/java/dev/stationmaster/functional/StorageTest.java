package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.LeapingClock;
import dev.stationmaster.testing.S3Server;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Jobs whose files are in a bucket, and how long files are kept there and in the data folder. */
class StorageTest {
    private static S3Server s3;
    private static S3Client beside;

    @BeforeAll
    static void start() {
        s3 = S3Server.start();
        beside = s3.client();
    }

    @AfterAll
    static void stop() {
        beside.close();
        s3.close();
    }

    private static TestServer server(LeapingClock clock, Map<String, String> more) {
        var all = new LinkedHashMap<>(s3.settings());
        all.put("storage.sync_seconds", "0.3");
        all.put("storage.sweep_seconds", "0.3");
        all.putAll(more);
        return TestServer.start(all, clock);
    }

    private static List<String> keys(String job) {
        return beside.listObjectsV2(b -> b.bucket(S3Server.BUCKET).prefix(job)).contents().stream()
                .map(S3Object::key)
                .map(key -> key.substring(job.length() + 1))
                .toList();
    }

    private static List<String> kinds(Api api, String job) {
        return api.items("/jobs/" + job + "/events").stream()
                .map(e -> ((JsonObject) e).getString("kind") + " " + ((JsonObject) e).getString("reason"))
                .toList();
    }

    private static void until(org.awaitility.core.ThrowingRunnable holds) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(holds);
    }

    @Test
    void a_job_goes_on_from_the_checkpoint_in_the_bucket_when_its_folder_is_lost() throws Exception {
        try (TestServer server = server(new LeapingClock(), Map.of("jobs.retry_first_seconds", "3"))) {
            Api api = server.admin();
            String id = api.submit(api.shell("""
                    cd "$STATIONMASTER_CHECKPOINT_DIR"
                    if [ -f deep/step ]; then
                      echo "goes on at $(cat deep/step)"; rm deep/step; echo 2 > last
                      echo "result" > "$STATIONMASTER_ARTIFACT_DIR/a+b %c.txt"; exit 0
                    fi
                    mkdir deep; echo 41 > deep/step; exit 3"""), new JsonObject().put("max_attempts", 2));
            api.awaitState(id, "retry_wait");
            assertThat(keys(id)).containsExactly("checkpoints/deep/step"); // before the end was written
            TestServer.deleteTree(server.dataDir().resolve("jobs").resolve(id));
            assertThat(api.awaitEnd(id).getString("state")).isEqualTo("succeeded");
            assertThat(api.log(id)).contains("goes on at 41");
            assertThat(keys(id)).containsExactly("artifacts/" + id + "/a+b %c.txt", "checkpoints/last");
            TestServer.deleteTree(server.dataDir().resolve("jobs").resolve(id));
            String path = "/jobs/" + id + "/artifacts/"
                    + URLEncoder.encode("a+b %c.txt", StandardCharsets.UTF_8).replace("+", "%20");
            var download = api.get(path).is(200);
            assertThat(download.text()).isEqualTo("result\n");
            assertThat(download.response().headers().firstValue("Content-Length"))
                    .contains("7");
            assertThat(api.items("/jobs/" + id + "/artifacts").getJsonObject(0).getString("name"))
                    .isEqualTo("a+b %c.txt");
        }
    }

    @Test
    void checkpoints_of_a_running_job_are_sent_from_time_to_time() throws Exception {
        try (TestServer server = server(new LeapingClock(), Map.of())) {
            Api api = server.admin();
            String id = api.submit(api.shell("""
                    cd "$STATIONMASTER_CHECKPOINT_DIR"; echo 1 > one; while [ ! -e go ]; do sleep 0.1; done"""));
            until(() -> assertThat(keys(id)).containsExactly("checkpoints/one"));
            assertThat(api.job(id).getString("state")).isEqualTo("running");
            Files.createFile(server.dataDir()
                    .resolve("jobs")
                    .resolve(id)
                    .resolve("checkpoints")
                    .resolve("go"));
            api.awaitEnd(id);
        }
    }

    @Test
    void a_job_can_not_start_without_its_checkpoints_and_says_why() {
        try (TestServer server = server(new LeapingClock(), Map.of("storage.s3_bucket", "no-such-bucket"))) {
            Api api = server.admin();
            String id = api.submit(api.shell("true"), new JsonObject().put("max_attempts", 1));
            JsonObject job = api.awaitEnd(id);
            assertThat(job.getString("state")).isEqualTo("failed");
            assertThat(job.encode()).contains("bucket_missing").contains("no-such-bucket");
            api.get("/jobs/" + id + "/artifacts").problem(503, "bucket_missing");
        }
    }

    @Test
    void old_files_of_ended_jobs_are_deleted_from_the_bucket_and_the_job_says_so() {
        var clock = new LeapingClock();
        try (TestServer server = server(clock, Map.of("storage.artifact_retention_days", "60"))) {
            retention(server, clock);
        }
    }

    @Test
    void and_from_the_data_folder() {
        var clock = new LeapingClock();
        try (TestServer server = TestServer.start(
                Map.of("storage.artifact_retention_days", "60", "storage.sweep_seconds", "0.3"), clock)) {
            retention(server, clock);
        }
    }

    private static void retention(TestServer server, LeapingClock clock) {
        String script = "echo 1 > $STATIONMASTER_CHECKPOINT_DIR/c; echo 1 > $STATIONMASTER_ARTIFACT_DIR/a";
        Api api = server.admin();
        String over = api.submit(api.shell(script));
        api.awaitEnd(over);
        assertThat(api.items("/jobs/" + over + "/checkpoints")).hasSize(1);
        String waits = api.submit(
                api.shell("true"),
                new JsonObject()
                        .put("run_at", clock.now().plus(Duration.ofDays(200)).toString()));
        api.send("PUT", "/jobs/" + waits + "/checkpoints/c", "state", "Content-Type", "application/octet-stream")
                .is(200);
        clock.leap(Duration.ofDays(31));
        until(() -> assertThat(kinds(server.admin(), over)).contains("files_deleted checkpoint_retention"));
        assertThat(server.admin().items("/jobs/" + over + "/checkpoints")).isEmpty();
        assertThat(server.admin().items("/jobs/" + over + "/artifacts")).hasSize(1);
        clock.leap(Duration.ofDays(30));
        until(() -> assertThat(kinds(server.admin(), over)).contains("files_deleted artifact_retention"));
        assertThat(server.admin().items("/jobs/" + over + "/artifacts")).isEmpty();
        assertThat(server.admin().items("/jobs/" + waits + "/checkpoints")).hasSize(1); // it may still go on
    }

    @Test
    void the_newest_checkpoints_stay() {
        try (TestServer server = TestServer.start(
                Map.of("storage.keep_checkpoints", "2", "storage.sweep_seconds", "0.3"), new LeapingClock())) {
            Api api = server.admin();
            String id = api.submit(api.shell("""
                    cd "$STATIONMASTER_CHECKPOINT_DIR"; mkdir step-2; echo x > step-2/a; echo x > step-2/b
                    echo x > step-1; echo x > step-3
                    touch -d '2026-01-01' step-1; touch -d '2026-01-02' step-2/a step-2/b; touch -d '2026-01-03' step-3"""));
            api.awaitEnd(id);
            until(() -> assertThat(kinds(api, id)).contains("files_deleted keep_checkpoints"));
            assertThat(api.items("/jobs/" + id + "/checkpoints").stream())
                    .extracting(f -> ((JsonObject) f).getString("name"))
                    .containsExactly("step-2/a", "step-2/b", "step-3");
        }
    }
}
