package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Redis killed or flushed and PostgreSQL restarted while jobs run: nothing is lost and nothing runs twice. */
class LostStoresTest {
    private TestServer server;
    private Api api;

    @BeforeEach
    void start() {
        server = TestServer.start(Map.of("runners.process_cpu", "1"));
        api = server.admin();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** More jobs than run at once, so that some wait in the index while it goes away. */
    private List<String> manyJobs() {
        long agent = api.agent(
                new JsonObject()
                        .put(
                                "resource_requirements",
                                new JsonObject().put("cpu", "500m").put("memory", "64Mi")),
                "/bin/sh",
                "-c",
                "for i in 1 2 3 4 5; do echo line $i; sleep 0.2; done");
        var ids = new ArrayList<String>();
        for (int i = 0; i < 8; i++) {
            ids.add(api.submit(agent));
        }
        api.awaitState(ids.get(0), "running", "succeeded");
        return ids;
    }

    private void assertEachRanOnce(List<String> ids) {
        for (String id : ids) {
            JsonObject job = api.awaitEnd(id);
            assertThat(job.getString("state")).as(job.encode()).isEqualTo("succeeded");
            assertThat(api.log(id)).isEqualTo("line 1\nline 2\nline 3\nline 4\nline 5\n");
            long ended = api.items("/jobs/" + id + "/attempts").stream()
                    .filter(a -> "succeeded".equals(((JsonObject) a).getString("outcome")))
                    .count();
            assertThat(ended).isOne();
        }
        assertThat(api.get("/audit/verify").is(200).json().getBoolean("valid")).isTrue();
    }

    @Test
    void redis_killed() {
        List<String> ids = manyJobs();
        server.kill(server.redisPid());
        // accepted while Redis is away: durable without it
        long agent = api.shell("for i in 1 2 3 4 5; do echo line $i; done");
        ids.add(api.submit(agent));
        assertEachRanOnce(ids);
        awaitHealthy();
    }

    @Test
    void redis_flushed() {
        List<String> ids = manyJobs();
        server.flushRedis();
        assertEachRanOnce(ids);
    }

    @Test
    void postgresql_restarted() {
        List<String> ids = manyJobs();
        server.kill(server.postgresPid());
        assertEachRanOnce(awaitBack(ids));
        awaitHealthy();
    }

    /** Jobs are in every phase of their start; none of them may take the outage for a failure of its own. */
    @Test
    void postgresql_restarted_while_jobs_start() {
        long agent = api.agent(
                new JsonObject()
                        .put(
                                "resource_requirements",
                                new JsonObject().put("cpu", "10m").put("memory", "8Mi")),
                "/bin/sh",
                "-c",
                "for i in 1 2 3 4 5; do echo line $i; done");
        var ids = new ArrayList<String>();
        for (int i = 0; i < 20; i++) {
            ids.add(api.submit(agent));
        }
        server.kill(server.postgresPid());
        assertEachRanOnce(awaitBack(ids));
    }

    private List<String> awaitBack(List<String> ids) {
        Awaitility.await("PostgreSQL to be back")
                .atMost(Duration.ofSeconds(30))
                .until(() -> api.get("/jobs/" + ids.get(0)).status() == 200);
        return ids;
    }

    private void awaitHealthy() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> api.get("!/health").status() == 200);
    }
}
