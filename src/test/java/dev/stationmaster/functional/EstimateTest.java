package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Each who waits sees when it will start, and the server keeps the books on how right that was. */
class EstimateTest {
    private static final JsonObject ONE_CPU = new JsonObject()
            .put("resource_requirements", new JsonObject().put("cpu", "1").put("memory", "8Mi"));

    private static Instant time(JsonObject job, String field) {
        return Instant.parse(job.getString(field));
    }

    private static JsonObject awaitEstimate(Api api, String id) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> api.job(id).getString("estimated_start_at") != null);
        return api.job(id);
    }

    @Test
    void waiting_jobs_are_told_when_they_start() throws IOException {
        try (TestServer server = TestServer.start(Map.of("runners.process_cpu", "1"))) {
            Api api = server.user("developer");
            long agent = api.agent(
                    ONE_CPU, "/bin/sh", "-c", "[ -e \"$STATIONMASTER_CHECKPOINT_DIR/../../../go\" ] || sleep 1.2");
            api.awaitEnd(api.submit(agent)); // from now on it is known how long they run
            String unknown = api.submit(api.agent(
                    ONE_CPU,
                    "/bin/sh",
                    "-c",
                    "until [ -e \"$STATIONMASTER_CHECKPOINT_DIR/go\" ]; do sleep 0.05; done"));
            api.awaitState(unknown, "running");
            String first = api.submit(agent);
            assertThat(api.job(first).getString("estimated_start_at")).isNull(); // the one before it never ended yet
            Files.createFile(server.dataDir().resolve("jobs").resolve(unknown).resolve("checkpoints/go"));
            api.awaitEnd(unknown);
            api.awaitEnd(first);

            String last = "";
            for (int i = 0; i < 14; i++) {
                last = api.submit(agent);
            }
            JsonObject job = awaitEstimate(api, last);
            Instant likely = time(job, "estimated_start_at");
            assertThat(likely).isBetween(time(job, "estimated_start_earliest"), time(job, "estimated_start_latest"));
            assertThat(Duration.between(time(job, "queued_at"), likely))
                    .isBetween(Duration.ofSeconds(8), Duration.ofSeconds(60));
            JsonObject listed = api.items("/jobs?state=queued&limit=1").getJsonObject(0);
            assertThat(listed.getString("id")).isEqualTo(last);
            assertThat(listed.getString("estimated_start_at")).isNotNull();
            JsonObject plan = api.post(
                            "/jobs?dry_run=true",
                            new JsonObject().put("agent_id", agent).put("name", "next"))
                    .is(200)
                    .json();
            assertThat(time(plan, "estimated_start_at")).isAfter(likely.minusSeconds(5));
            assertThat(plan.getString("estimated_start_latest")).isNotNull();

            Files.createFile(server.dataDir().resolve("go"));
            JsonObject done = api.awaitEnd(last);
            assertThat(done.getString("estimated_start_at")).isNull();
            String metrics = api.get("!/metrics").is(200).text();
            assertThat(metrics)
                    .contains("job_start_estimate_error_seconds_bucket", "job_start_estimates_total{result=");
        }
    }
}
