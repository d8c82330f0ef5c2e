package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.stores.EmbeddedStores;
import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.ServerProcess;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Several clients submit while the server is killed, Redis is flushed and killed, and PostgreSQL is killed. What was
 * acknowledged ends exactly once, no two attempts of a job run at the same time, and no figure drifts from the rows. Run
 * length: {@code -Dledger.jobs=5000}.
 */
class LedgerUnderFireTest {
    private static final int JOBS = Integer.getInteger("ledger.jobs", 120);
    private static final int CLIENTS = 3;
    /** Says OVERLAP if a program of an earlier attempt of this job is still alive. */
    private static final String ALONE = """
            p="$STATIONMASTER_CHECKPOINT_DIR/pid"
            [ -e "$p" ] && kill -0 "$(cat "$p")" 2>/dev/null && echo OVERLAP
            echo $$ > "$p"; sleep 0.3; rm "$p"; echo over""";

    private final Path dataDir = TestServer.tempDir();
    private final Path storesDir = TestServer.tempDir();
    private final EmbeddedStores stores = EmbeddedStores.start(storesDir, true, true);
    private final ExecutorService pool = Executors.newCachedThreadPool();
    private final Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
    private volatile ServerProcess server = start();
    private volatile boolean over;

    private ServerProcess start() {
        return ServerProcess.start(
                dataDir,
                Map.of(
                        "DATABASE_URL", stores.databaseUrl().orElseThrow(),
                        "REDIS_URL", stores.redisUrl().orElseThrow(),
                        "STATIONMASTER_JOBS_RECONCILE_SECONDS", "1",
                        "STATIONMASTER_JOBS_CHARGE_SECONDS", "0.5",
                        "STATIONMASTER_RUNNERS_PROCESS_CPU", "2",
                        "STATIONMASTER_JOBS_MAX_LOST_LEASES", "50"));
    }

    @AfterEach
    void clean() {
        over = true;
        pool.shutdownNow();
        server.close();
        stores.close();
        TestServer.deleteTree(dataDir);
        TestServer.deleteTree(storesDir);
    }

    /** Until it works: stores and server come and go. */
    private static <T> T persistently(Supplier<T> work) {
        Instant deadline = Instant.now().plusSeconds(60);
        while (true) {
            try {
                return work.get();
            } catch (RuntimeException | AssertionError e) {
                if (Instant.now().isAfter(deadline)) {
                    throw e;
                }
                Awaitility.await().pollDelay(Duration.ofMillis(50)).until(() -> true); // a pause
            }
        }
    }

    private Api admin() {
        return persistently(() -> server.admin());
    }

    private void submitAll(long agent, int count) {
        Api api = admin();
        for (int i = 0; i < count && !over; i++) {
            var body = new JsonObject()
                    .put("agent_id", agent)
                    .put("name", "job " + i)
                    .put("priority", 1 + i % 10);
            String key = UUID.randomUUID().toString();
            Api[] mine = {api};
            acknowledged.add(persistently(() -> {
                Api.Answer answer;
                try {
                    answer = mine[0].post("/jobs", body, "Idempotency-Key", key);
                } catch (RuntimeException e) { // another process has another port
                    mine[0] = server.admin();
                    throw e;
                }
                return answer.is(201).json().getString("id");
            }));
            api = mine[0];
        }
    }

    private void awaitAcknowledged(double part) {
        Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> acknowledged.size() >= part * JOBS);
    }

    private void fire() {
        awaitAcknowledged(0.1);
        flush();
        awaitAcknowledged(0.25);
        kill(stores.redisPid());
        awaitAcknowledged(0.4);
        server.kill();
        server = start();
        awaitAcknowledged(0.55);
        kill(stores.postgresPid());
        awaitAcknowledged(0.7);
        flush();
        server.kill();
        server = start();
        awaitAcknowledged(0.85);
        kill(stores.redisPid());
        kill(stores.postgresPid());
    }

    private static void kill(long pid) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }

    private void flush() {
        stores.redisUrl().ifPresent(TestServer::flush);
    }

    @Test
    void what_was_acknowledged_ends_once_and_no_figure_drifts() throws Exception {
        long agent = admin().agent(
                        new JsonObject()
                                .put(
                                        "resource_requirements",
                                        new JsonObject().put("cpu", "100m").put("memory", "8Mi")),
                        "/bin/sh",
                        "-c",
                        ALONE);
        List<Future<?>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(pool.submit(() -> submitAll(agent, JOBS / CLIENTS)));
        }
        fire();
        for (Future<?> client : clients) {
            client.get();
        }
        assertThat(acknowledged).hasSize(JOBS / CLIENTS * CLIENTS).doesNotHaveDuplicates();
        Api api = admin();
        Awaitility.await()
                .atMost(Duration.ofSeconds(120 + JOBS / 4))
                .pollInterval(Duration.ofMillis(500))
                .ignoreExceptions()
                .until(() -> api.items("/jobs?limit=1&state=queued,admitted,starting,running,retry_wait,preempting")
                        .isEmpty());
        BigDecimal cost = BigDecimal.ZERO;
        for (String id : acknowledged) {
            JsonObject job = api.job(id);
            assertThat(job.getString("state")).as(job.encode()).isEqualTo("succeeded");
            assertThat(api.log(id)).as("log of " + id).contains("over").doesNotContain("OVERLAP");
            inSequence(api.items("/jobs/" + id + "/attempts"));
            onceOver(api.items("/jobs/" + id + "/events?limit=500"));
            cost = cost.add(new BigDecimal(job.getValue("cost").toString()));
        }
        JsonObject quota = api.get("/quotas/admin").is(200).json();
        assertThat(quota.getJsonObject("used"))
                .isEqualTo(new JsonObject()
                        .put("cpu", "0")
                        .put("memory", "0")
                        .put("gpu", "0")
                        .put("storage", "0"));
        assertThat(new BigDecimal(quota.getValue("spent").toString())).isEqualByComparingTo(cost);
        assertThat(api.get("/queues/default").is(200).json().getInteger("running_jobs"))
                .isZero();
        assertThat(api.get("/audit/verify").is(200).json().getBoolean("valid")).isTrue();
    }

    /** Each attempt was over before the next was admitted, and only the last one ended well. */
    private static void inSequence(JsonArray attempts) {
        for (int i = 0; i < attempts.size(); i++) {
            JsonObject attempt = attempts.getJsonObject(i);
            boolean last = i == attempts.size() - 1;
            assertThat(attempt.getString("outcome")).as(attempts.encode()).isEqualTo(last ? "succeeded" : "lost");
            if (!last && attempts.getJsonObject(i + 1).getString("started_at") != null) {
                assertThat(Instant.parse(attempt.getString("finished_at")))
                        .isBeforeOrEqualTo(
                                Instant.parse(attempts.getJsonObject(i + 1).getString("started_at")));
            }
        }
    }

    private static void onceOver(JsonArray events) {
        long ends = events.stream()
                .filter(e -> Api.FINAL.contains(String.valueOf(((JsonObject) e).getString("state"))))
                .count();
        assertThat(ends).as(events.encode()).isOne();
    }
}
