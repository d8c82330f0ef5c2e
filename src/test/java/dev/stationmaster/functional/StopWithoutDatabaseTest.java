package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.process.Signals;
import dev.stationmaster.platform.stores.EmbeddedStores;
import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.ServerProcess;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** SIGTERM while PostgreSQL is gone, or there but silent: the server ends in time and says so, and no job is lost. */
class StopWithoutDatabaseTest {
    /** Counts to 20 in 2 s; keeps the count as its checkpoint, and leaves its process id. */
    private static final String COUNTING = """
            echo $$ > "$1"
            n=$(cat "$STATIONMASTER_CHECKPOINT_DIR/n" 2>/dev/null || echo 0)
            echo "begin at $n attempt $STATIONMASTER_ATTEMPT"
            while [ $n -lt 20 ]; do
              n=$((n+1)); sleep 0.1
              echo $n > "$STATIONMASTER_CHECKPOINT_DIR/n"
              echo "{\\"metrics\\":{\\"n\\":$n}}"
            done""";
    /** Exit code of a server that could not write down everything. */
    private static final int UNFINISHED = 1;

    private static final int GRACE_SECONDS = 1;
    private static final int STOP_SECONDS = 2;
    /** What the README promises, with time for a busy machine. */
    private static final Duration BOUND = Duration.ofSeconds(GRACE_SECONDS + STOP_SECONDS + 15);

    private final Path root = TestServer.tempDir();
    private final Path dataDir = root.resolve("server");
    private EmbeddedStores postgres = startPostgres();

    @AfterEach
    void clean() {
        postgres.close();
        TestServer.deleteTree(root);
    }

    private EmbeddedStores startPostgres() {
        return EmbeddedStores.start(root.resolve("database"), true, false);
    }

    private ServerProcess server() {
        return ServerProcess.start(
                dataDir,
                Map.of(
                        "DATABASE_URL", postgres.databaseUrl().orElseThrow(),
                        "STATIONMASTER_RUNNERS_PROCESS_CPU", "1",
                        "STATIONMASTER_JOBS_GRACE_SECONDS", Integer.toString(GRACE_SECONDS),
                        "STATIONMASTER_JOBS_STOP_SECONDS", Integer.toString(STOP_SECONDS)));
    }

    /** One that runs and two that wait behind it. */
    private List<String> jobs(Api api) {
        long agent = api.agent(
                new JsonObject()
                        .put(
                                "resource_requirements",
                                new JsonObject().put("cpu", "1").put("memory", "64Mi")),
                "/bin/sh",
                "-c",
                COUNTING,
                "sh",
                pidFile().toString());
        var ids = new ArrayList<String>();
        for (int i = 0; i < 3; i++) {
            ids.add(api.submit(agent));
        }
        Awaitility.await()
                .until(() -> api.job(ids.get(0))
                                .getJsonObject("metrics", new JsonObject())
                                .getInteger("n", 0)
                        >= 3);
        return ids;
    }

    private Path pidFile() {
        return root.resolve("pid");
    }

    private boolean programRuns() throws IOException {
        long pid = Long.parseLong(Files.readString(pidFile()).strip());
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
    }

    private void assertNothingLost(List<String> ids) {
        try (ServerProcess second = server()) {
            Api api = second.admin();
            for (String id : ids) {
                JsonObject job = api.awaitEnd(id);
                assertThat(job.getString("state")).as(job.encode()).isEqualTo("succeeded");
            }
            var attempts = api.items("/jobs/" + ids.get(0) + "/attempts");
            assertThat(attempts).hasSize(2);
            assertThat(attempts.getJsonObject(0).getString("outcome")).isEqualTo("lost");
            // a silent PostgreSQL may yet do what was asked of it last
            assertThat(attempts.getJsonObject(0).getString("reason")).isIn("server_restarted", "server_shutdown");
            assertThat(api.log(ids.get(0)))
                    .contains("begin at 0 attempt 1\n")
                    .containsPattern("begin at [1-9]\\d* attempt 2\n");
            assertThat(api.items("/jobs/" + ids.get(1) + "/attempts")).hasSize(1);
            assertThat(api.get("/audit/verify").is(200).json().getBoolean("valid"))
                    .isTrue();
        }
    }

    @Test
    void stopped_while_postgresql_is_gone() throws IOException {
        List<String> ids;
        try (ServerProcess first = server()) {
            Api api = first.admin();
            ids = jobs(api);
            postgres.close();
            api.post("/jobs", new JsonObject().put("agent_id", 1).put("name", "too late"))
                    .problem(503, "unavailable");
            assertEndsInTime(first);
        }
        postgres = startPostgres();
        assertNothingLost(ids);
    }

    /** Its connections stay open and nothing is answered: no question may be waited for without a bound. */
    @Test
    void stopped_while_postgresql_is_silent() throws IOException {
        List<String> ids;
        try (ServerProcess first = server()) {
            ids = jobs(first.admin());
            signalPostgres("STOP");
            assertEndsInTime(first);
        } finally {
            signalPostgres("CONT");
        }
        assertNothingLost(ids);
    }

    private void assertEndsInTime(ServerProcess server) throws IOException {
        assertThat(server.stop(BOUND)).as(server.log()).isEqualTo(UNFINISHED);
        assertThat(server.log())
                .contains("1 jobs could not be written down; the next start takes them up")
                .containsPattern("Stopped in \\d+ ms, but not everything could be written down or ended in order");
        assertThat(programRuns()).isFalse();
    }

    private void signalPostgres(String signal) {
        ProcessHandle main = ProcessHandle.of(postgres.postgresPid()).orElseThrow();
        Stream.concat(Stream.of(main), main.descendants()).forEach(process -> Signals.send(signal, process.pid()));
    }
}
