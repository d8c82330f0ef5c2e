package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** One owner has 10,000 jobs waiting behind a used-up quota; work is counted in scripts of Redis and changed rows. */
class ManyWaitingTest {
    private static final int WAITING = 10_000;
    /** Comparing the index with the table takes ten pages each time; nothing goes through all that wait. */
    private static final int FEW = 80;

    private static final Pattern SCRIPTS = Pattern.compile("cmdstat_eval(?:sha)?:calls=(\\d+)");
    private static final String COPY = """
            INSERT INTO jobs (id, owner_id, owner, agent_id, agent_name, agent_version, name, priority, state, runner,
              simulated, max_attempts, cpu_millis, memory_bytes, gpus, storage_bytes, folder_id, created_at, queued_at)
            SELECT i.id, owner_id, owner, agent_id, agent_name, agent_version, name, priority, state, runner,
              simulated, max_attempts, cpu_millis, memory_bytes, gpus, storage_bytes, i.id, created_at,
              queued_at + interval '1 millisecond'
            FROM jobs, LATERAL (SELECT gen_random_uuid() AS id, jobs.id AS of FROM generate_series(1, %d)) i
            WHERE jobs.id = '%s'""";

    private static TestServer server;
    private static Api admin;

    @BeforeAll
    static void start() {
        server = TestServer.start(Map.of());
        admin = server.admin();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static long scripts() {
        String stats =
                server.redis(Request.cmd(Command.INFO).arg("commandstats")).toString();
        long sum = 0;
        for (Matcher m = SCRIPTS.matcher(stats); m.find(); ) {
            sum += Long.parseLong(m.group(1));
        }
        return sum;
    }

    /** How many wait in the index, leaving out those that run. */
    private static long indexed() {
        return server.redis(Request.cmd(Command.HLEN).arg("{sm:jobs}:places")).toLong()
                - server.redis(Request.cmd(Command.ZCARD).arg("{sm:jobs}:leases"))
                        .toLong();
    }

    private static JsonObject oneCpu() {
        return new JsonObject()
                .put("resource_requirements", new JsonObject().put("cpu", "1").put("memory", "8Mi"));
    }

    /** What an owner asked for ten thousand times and may have once: jobs that end when a file of their id is there. */
    private static long greedyAgent(Api greedy, Path gates) {
        return greedy.agent(
                oneCpu(),
                "/bin/sh",
                "-c",
                "until [ -e \"$1/$STATIONMASTER_JOB_ID\" ]; do sleep 0.05; done",
                "sh",
                gates.toString());
    }

    /** Runs a job of somebody else; returns how many scripts Redis ran meanwhile. */
    private static long scriptsForOneJob(Api other, long agent) {
        long before = scripts();
        assertThat(other.awaitEnd(other.submit(agent)).getString("state")).isEqualTo("succeeded");
        return scripts() - before;
    }

    @Test
    void an_owner_over_quota_holds_up_nobody_and_goes_on_when_a_job_ends() throws IOException {
        Path gates = Files.createDirectory(server.dataDir().resolve("gates"));
        Api greedy = server.user("developer");
        String owner = greedy.get("/me").is(200).json().getString("id");
        admin.put("/quotas/" + owner, new JsonObject().put("cpu", "1")).is(200);
        long agent = greedyAgent(greedy, gates);
        String running = greedy.submit(agent);
        greedy.awaitState(running, "running");
        String next = greedy.submit(agent);
        Api other = server.user("developer");
        long theirs = other.agent(oneCpu(), "true");

        // they come into the index all at once, and somebody else's job right behind them
        assertThat(server.sql(COPY.formatted(WAITING - 1, next))).isEqualTo(WAITING - 1);
        Awaitility.await().until(() -> indexed() > 1);
        assertThat(scriptsForOneJob(other, theirs)).isLessThan(FEW);

        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> indexed() == WAITING);
        assertThat(scriptsForOneJob(other, theirs)).isLessThan(FEW);
        JsonObject waiting = greedy.job(next);
        assertThat(waiting.getString("state")).isEqualTo("queued");
        assertThat(waiting.getString("reason")).isEqualTo("waiting_for_quota");
        assertThat(admin.get("/overview")
                        .is(200)
                        .json()
                        .getJsonObject("jobs_by_state")
                        .getInteger("queued"))
                .isEqualTo(WAITING);
        assertThat(greedy.items("/jobs?state=queued&limit=100")).hasSize(100);

        long before = scripts();
        Files.createFile(gates.resolve(running));
        greedy.awaitState(next, "running");
        Awaitility.await().until(() -> indexed() == WAITING - 1);
        assertThat(scripts() - before).isLessThan(FEW);
        assertThat(server.sql("SELECT count(*) FROM jobs WHERE state = 'running' AND owner_id = '" + owner + "'"))
                .isOne();
        assertThat(server.sql("SELECT count(*) FROM jobs WHERE state = 'queued' AND version = 1"))
                .as("rows of jobs that wait are not touched")
                .isEqualTo(WAITING - 1);
        Files.createFile(gates.resolve(next));
        greedy.awaitEnd(next);
    }
}
