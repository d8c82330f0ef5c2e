package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.Browser;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the dashboard shows of failures and of jobs that belong together; skipped where there is no browser. */
class JobPagesTest {
    private static Api admin;

    @BeforeAll
    static void start() {
        Browser.assumeAvailable();
        admin = TestServer.shared().admin();
    }

    private static String failed(long agent, String queue, String name) {
        String id = admin.submit(agent, new JsonObject().put("queue", queue).put("name", name));
        admin.awaitEnd(id);
        return id;
    }

    @Test
    void failures_are_submitted_again_or_discarded() {
        String queue = "q" + System.nanoTime();
        admin.post("/queues", new JsonObject().put("name", queue)).is(201);
        long agent = admin.shell("[ -e \"$STATIONMASTER_CHECKPOINT_DIR/x\" ] && exit 0; "
                + "touch \"$STATIONMASTER_CHECKPOINT_DIR/x\"; exit 7");
        String first = failed(agent, queue, "unlucky");
        failed(agent, queue, "hopeless");
        try (Browser browser = Browser.open(admin.base())) {
            browser.signIn("admin", TestServer.ADMIN_PASSWORD);
            browser.go("#/jobs");
            browser.clickText("a.button", "Dead letters");
            browser.seeText("main h1", "Dead letters");
            browser.go("#/dead-letters?queue=" + queue);
            browser.seeText("main", "unlucky");
            browser.seeText("main", "exit nonzero");
            browser.seeText("main .failure", "7");
            browser.click("[aria-label='Choose unlucky']");
            browser.clickText("#redrive", "Submit 1 again");
            browser.click("[data-confirm]");
            browser.seeText(".toast", "1 submitted again.");
            Awaitility.await().until(() -> admin.items("/jobs?state=succeeded&queue=" + queue).stream()
                    .anyMatch(job -> first.equals(((JsonObject) job).getString("retried_from"))));
            for (String scheme : new String[] {"light", "dark"}) {
                browser.scheme(scheme);
                browser.size(400, 800);
                browser.seeText("main", "hopeless");
                browser.assertNoSidewaysScroll();
            }
            browser.click("[aria-label='Choose all']");
            browser.click("#discard");
            browser.click("[data-confirm]");
            browser.seeText("main", "No failure waits for anybody.");
            assertThat(admin.items("/dead-letters?queue=" + queue)).isEmpty();
            assertThat(browser.consoleErrors()).isEmpty();
        }
    }

    @Test
    void a_job_of_a_graph_shows_the_others_and_cancels_all() {
        var first = new JsonObject().put("agent_id", admin.shell("sleep 600")).put("name", "slow first");
        var second = new JsonObject()
                .put("agent_id", admin.shell("true"))
                .put("name", "quick second")
                .put("depends_on", new JsonArray().add("load"));
        JsonObject made = admin.post(
                        "/job-graphs",
                        new JsonObject()
                                .put("name", "two steps")
                                .put("jobs", new JsonObject().put("load", first).put("train", second)))
                .is(201)
                .json();
        String id = made.getJsonObject("jobs").getString("train");
        admin.awaitState(made.getJsonObject("jobs").getString("load"), "running");
        try (Browser browser = Browser.open(admin.base())) {
            browser.signIn("admin", TestServer.ADMIN_PASSWORD);
            browser.size(400, 800);
            browser.go("#/jobs/" + id);
            browser.seeText("sm-graph", "Graph: two steps");
            browser.seeText("sm-graph tbody tr", "load");
            browser.seeText("sm-graph tbody tr", "this job");
            assertThat(browser.see("sm-graph tbody tr:nth-child(2) td:last-child")
                            .getText())
                    .isEqualTo("load");
            browser.assertNoSidewaysScroll();
            browser.click("#cancel-graph");
            browser.click("[data-confirm]");
            browser.seeText("sm-graph h2", "cancelled");
            assertThat(admin.awaitEnd(id).getString("state")).isEqualTo("cancelled");
            assertThat(browser.consoleErrors()).isEmpty();
        }
    }
}
