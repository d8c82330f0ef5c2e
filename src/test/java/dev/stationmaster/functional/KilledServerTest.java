package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.ServerProcess;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server that is killed or stopped in mid-training loses nothing. */
class KilledServerTest {
    /** Counts to 40 in 4 s, keeps the count as its checkpoint, and says where it began. */
    private static final String COUNTING = """
            n=$(cat "$STATIONMASTER_CHECKPOINT_DIR/n" 2>/dev/null || echo 0)
            echo "begin at $n attempt $STATIONMASTER_ATTEMPT"
            while [ $n -lt 40 ]; do
              n=$((n+1)); sleep 0.1
              echo $n > "$STATIONMASTER_CHECKPOINT_DIR/n"
              echo "{\\"metrics\\":{\\"n\\":$n},\\"step\\":$n,\\"total_steps\\":40}"
            done
            echo done""";

    private final Path dataDir = TestServer.tempDir();

    @AfterEach
    void clean() {
        TestServer.deleteTree(dataDir);
    }

    @Test
    void after_kill_9_the_job_resumes_from_its_checkpoint_and_succeeds_with_both_attempts() {
        String id;
        try (ServerProcess first = ServerProcess.start(dataDir)) {
            Api api = first.admin();
            id = api.submit(api.shell(COUNTING));
            Awaitility.await().until(() -> {
                Long step = api.job(id).getJsonObject("progress").getLong("step");
                return step != null && step >= 10;
            });
            first.kill();
        }
        try (ServerProcess second = ServerProcess.start(dataDir)) {
            Api api = second.admin();
            JsonObject job = api.awaitEnd(id);
            assertThat(job.getString("state")).as(job.encode()).isEqualTo("succeeded");
            assertThat(job.getInteger("attempt")).isEqualTo(2);
            var attempts = api.items("/jobs/" + id + "/attempts");
            assertThat(attempts).hasSize(2);
            assertThat(attempts.getJsonObject(0).getString("outcome")).isEqualTo("lost");
            assertThat(attempts.getJsonObject(0).getString("reason")).isEqualTo("server_restarted");
            assertThat(attempts.getJsonObject(1).getString("outcome")).isEqualTo("succeeded");
            String log = api.log(id);
            assertThat(log).startsWith("begin at 0 attempt 1\n").endsWith("done\n");
            String again =
                    log.lines().filter(l -> l.endsWith("attempt 2")).findFirst().orElseThrow();
            assertThat(Integer.parseInt(again.split(" ")[2])).isGreaterThanOrEqualTo(10);
            assertThat(api.get("/audit/verify").is(200).json().getBoolean("valid"))
                    .isTrue();
        }
    }

    @Test
    void a_stopped_server_gives_its_jobs_back_to_the_queue() {
        String id;
        try (ServerProcess first = ServerProcess.start(dataDir)) {
            Api api = first.admin();
            id = api.submit(api.shell(COUNTING));
            Awaitility.await().until(() -> api.log(id).contains("begin"));
        }
        try (ServerProcess second = ServerProcess.start(dataDir)) {
            Api api = second.admin();
            JsonObject job = api.awaitEnd(id);
            assertThat(job.getString("state")).as(job.encode()).isEqualTo("succeeded");
            var attempts = api.items("/jobs/" + id + "/attempts");
            assertThat(attempts.getJsonObject(0).getString("reason")).isEqualTo("server_shutdown");
        }
    }
}
