package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.stores.EmbeddedStores;
import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.ServerProcess;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two servers on the same stores: one dispatches for both, and the other takes over when it dies. */
class TwoServersTest {
    private static final JsonObject WHOLE_CPU = new JsonObject()
            .put("resource_requirements", new JsonObject().put("cpu", "1").put("memory", "8Mi"));

    private final Path firstDir = TestServer.tempDir();
    private final Path secondDir = TestServer.tempDir();
    private final Path storesDir = TestServer.tempDir();
    private final EmbeddedStores stores = EmbeddedStores.start(storesDir, true, true);

    @AfterEach
    void clean() {
        stores.close();
        TestServer.deleteTree(firstDir);
        TestServer.deleteTree(secondDir);
        TestServer.deleteTree(storesDir);
    }

    private ServerProcess start(Path dataDir) {
        return ServerProcess.start(
                dataDir,
                Map.of(
                        "DATABASE_URL", stores.databaseUrl().orElseThrow(),
                        "REDIS_URL", stores.redisUrl().orElseThrow(),
                        "STATIONMASTER_JWT_SECRET", "one secret that both servers know well",
                        "STATIONMASTER_ENCRYPTION_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
                        "STATIONMASTER_JOBS_RECONCILE_SECONDS", "1",
                        "STATIONMASTER_RUNNERS_PROCESS_CPU", "1"));
    }

    private static String worker(Api api, String id) {
        var attempts = api.items("/jobs/" + id + "/attempts");
        return attempts.getJsonObject(attempts.size() - 1).getString("worker");
    }

    @Test
    void one_decides_for_both_and_the_other_takes_over() {
        try (ServerProcess second = startBoth()) {
            Api api = second.admin();
            String after = api.submit(api.agent(WHOLE_CPU, "true"));
            assertThat(api.awaitEnd(after).getString("state")).isEqualTo("succeeded");
            for (Object job : api.items("/jobs?limit=10")) { // what the dead one ran goes on here
                String id = ((JsonObject) job).getString("id");
                assertThat(api.awaitEnd(id).getString("state")).isEqualTo("succeeded");
            }
        }
    }

    /** Returns the second; the first, which leads, is dead by then. */
    private ServerProcess startBoth() {
        try (ServerProcess first = start(firstDir)) {
            ServerProcess second = start(secondDir);
            Api api = second.admin();
            long agent = api.agent(WHOLE_CPU, "/bin/sh", "-c", "sleep 4");
            String one = api.submit(agent);
            String other = api.submit(agent);
            api.awaitState(one, "running");
            api.awaitState(other, "running");
            assertThat(Set.of(worker(api, one), worker(api, other))).hasSize(2);
            first.kill();
            return second;
        }
    }
}
