package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.LeapingClock;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a running job hears of its budget. A budget lasts 10,000 s here, so that only the test's clock spends it. */
class BudgetTest {
    private static final Duration BUDGET_LASTS = Duration.ofSeconds(10_000);
    private static final double BUDGET_DOLLARS = 10;
    /** More than the test itself takes, in dollars. */
    private static final double REAL_TIME = 0.1;

    private static final LeapingClock CLOCK = new LeapingClock();
    private static TestServer server;
    private static Api api;

    @BeforeAll
    static void start() {
        server = TestServer.start(
                Map.of(
                        "prices.cpu_core_hour", "3.6",
                        "prices.memory_gib_hour", "0",
                        "security.access_token_seconds", "86400",
                        "jobs.charge_seconds", "0.1"),
                CLOCK);
        api = server.admin();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static long agent(String... command) {
        return api.agent(
                new JsonObject()
                        .put("type", "real_deployment")
                        .put("budget_limit", BUDGET_DOLLARS)
                        .put(
                                "resource_requirements",
                                new JsonObject().put("cpu", "1").put("memory", "64Mi")),
                command);
    }

    private static String running(long agent) {
        String id = api.submit(agent);
        api.awaitState(id, "running");
        return id;
    }

    /**
     * Lets so much of the budget be used, and waits until it is charged. A leap that falls between the server's looks at
     * the date and at the time that passed counts for nothing, as it should: then it is made again.
     */
    private static void spend(String job, int percent) {
        double before = api.job(job).getDouble("cost");
        double after = before + BUDGET_DOLLARS * percent / 100;
        Duration share = BUDGET_LASTS.multipliedBy(percent).dividedBy(100);
        for (int i = 0; i < 3 && api.job(job).getDouble("cost") < after; i++) {
            CLOCK.leap(share);
            try {
                Awaitility.await()
                        .atMost(Duration.ofSeconds(5))
                        .until(() -> api.job(job).getDouble("cost") >= after);
            } catch (ConditionTimeoutException again) {
                assertThat(api.job(job).getDouble("cost")).isLessThan(before + REAL_TIME);
            }
        }
        assertThat(api.job(job).getDouble("cost")).isBetween(after, after + REAL_TIME);
    }

    private static List<String> events(String job, String kind) {
        return api.items("/jobs/" + job + "/events").stream()
                .map(JsonObject.class::cast)
                .filter(event -> kind.equals(event.getString("kind")))
                .map(event -> event.getString("message"))
                .toList();
    }

    @Test
    void at_80_percent_a_job_is_warned_once_and_goes_on_and_at_100_it_is_stopped() {
        long agent = agent("sleep", "600");
        String job = running(agent);
        String free = running(api.shell("sleep 600"));
        spend(job, 75);
        assertThat(events(job, "budget_warning")).isEmpty();

        spend(job, 10);
        Awaitility.await().until(() -> !events(job, "budget_warning").isEmpty());
        spend(job, 2);
        spend(job, 2);
        assertThat(events(job, "budget_warning"))
                .containsExactly("test job: 80 % of the budget of this agent is spent.");
        assertThat(events(free, "budget_warning")).isEmpty();
        assertThat(api.job(job).getString("state")).isEqualTo("running");

        CLOCK.leap(BUDGET_LASTS.dividedBy(10).plus(BUDGET_LASTS.dividedBy(50)));
        JsonObject ended = api.awaitEnd(job);
        assertThat(ended.getString("state")).as(ended.encode()).isEqualTo("failed");
        assertThat(ended.getString("reason")).isEqualTo("budget_exhausted");
        assertThat(ended.getDouble("cost")).isCloseTo(BUDGET_DOLLARS * 1.01, within(REAL_TIME));
        assertThat(events(job, "budget_warning")).hasSize(1);
        assertThat(api.job(free).getString("state")).isEqualTo("running");
        api.post("/jobs", new JsonObject().put("agent_id", agent).put("name", "late"))
                .problem(422, "budget_exhausted");
        api.post("/jobs/" + free + "/cancel").is(202);
        api.awaitEnd(free);
    }

    /** Raised in time, the budget warns again where 80 % of the new one are. */
    @Test
    void a_raised_budget_warns_again() {
        long agent = agent("sleep", "600");
        String job = running(agent);
        spend(job, 85);
        Awaitility.await().until(() -> events(job, "budget_warning").size() == 1);
        api.patch("/agents/" + agent, new JsonObject().put("budget_limit", 2 * BUDGET_DOLLARS))
                .is(200);
        spend(job, 65);
        assertThat(events(job, "budget_warning")).hasSize(1);
        spend(job, 15);
        Awaitility.await().until(() -> events(job, "budget_warning").size() == 2);
        assertThat(api.job(job).getString("state")).isEqualTo("running");
        api.post("/jobs/" + job + "/cancel").is(202);
        api.awaitEnd(job);
    }
}
