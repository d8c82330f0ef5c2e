package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.Browser;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The dashboard against a real server in a real browser; skipped, and said so, where there is none. */
class DashboardTest {
    private static final String TRAINING = """
            echo "warming up"
            for n in 1 2 3 4 5 6 7 8; do
              echo "epoch $n"
              echo "{\\"metrics\\":{\\"loss\\":0.$((9-n)),\\"accuracy\\":0.9$n},\\"step\\":$n,\\"total_steps\\":8}"
              sleep 0.4
            done""";

    private static TestServer server;
    private static Api admin;

    @BeforeAll
    static void start() {
        Browser.assumeAvailable();
        server = TestServer.shared();
        admin = server.admin();
    }

    @Test
    void a_person_signs_in_watches_a_job_live_cancels_one_and_submits_one_again() {
        long agent = admin.shell(TRAINING);
        String name = admin.get("/agents/" + agent).json().getString("name");
        try (Browser browser = Browser.open(admin.base())) {
            browser.signIn("admin", TestServer.ADMIN_PASSWORD);
            browser.seeText("main", "Overview");

            String id = admin.submit(agent, new JsonObject().put("name", "watched"));
            browser.go("#/jobs/" + id);
            browser.seeText("main", "watched");
            browser.seeText("main", "epoch 3");
            browser.seeText("main", "succeeded");
            browser.seeText("main", "0.98");
            assertThat(admin.awaitEnd(id).getString("state")).isEqualTo("succeeded");

            String endless = admin.submit(
                    admin.shell("while true; do sleep 0.2; done"), new JsonObject().put("name", "endless"));
            browser.go("#/jobs/" + endless);
            browser.seeText("main", "running");
            browser.click("#cancel");
            browser.click("[data-confirm]");
            browser.seeText("main", "cancelled");
            assertThat(admin.awaitEnd(endless).getString("state")).isEqualTo("cancelled");

            browser.go("#/agents");
            browser.seeText("main", name);
            browser.go("#/jobs");
            browser.seeText("main", "endless");
            assertThat(browser.consoleErrors()).isEmpty();
        }
    }

    @Test
    void the_queue_page_shows_who_waits_for_what_and_moves_jobs() {
        String queue = "q" + System.nanoTime();
        admin.post("/queues", new JsonObject().put("name", queue).put("state", "hold"))
                .is(201);
        String id = admin.submit(
                admin.shell("true"), new JsonObject().put("name", "patient").put("queue", queue));
        try (Browser browser = Browser.open(admin.base())) {
            browser.signIn("admin", TestServer.ADMIN_PASSWORD);
            browser.go("#/queues?queue=" + queue);
            browser.seeText("main", "patient");
            browser.seeText("main", "queue stopped");
            browser.click("[aria-label='Raise priority of patient']");
            Awaitility.await().until(() -> admin.job(id).getInteger("priority") == 6);
            browser.click("[aria-label='Activate " + queue + "']");
            browser.seeText("main", "Nobody waits.");
            assertThat(admin.awaitEnd(id).getString("state")).isEqualTo("succeeded");
            assertThat(browser.consoleErrors()).isEmpty();
        }
    }

    @Test
    void a_budget_is_made_changed_and_deleted_on_the_overview() {
        String name = "b" + System.nanoTime();
        try (Browser browser = Browser.open(admin.base())) {
            browser.signIn("admin", TestServer.ADMIN_PASSWORD);
            browser.click("#new-budget");
            browser.type("#f-name", name);
            browser.type("#f-limit", "-3");
            browser.click("dialog .primary");
            browser.see("#f-limit[aria-invalid]");
            browser.type("#f-limit", "12.50");
            browser.click("dialog .primary");
            browser.seeText("sm-budgets", "of $12.50");
            browser.click("[aria-label='Change " + name + "']");
            browser.type("#f-limit", "20");
            browser.click("dialog .primary");
            browser.seeText("sm-budgets", "of $20.00");
            browser.click("[aria-label='Delete " + name + "']");
            browser.click("[data-confirm]");
            browser.seeText(".toast", name + " is deleted.");
            Awaitility.await().until(() -> !admin.get("/budgets").is(200).text().contains(name));
        }
    }

    @Test
    void it_fits_a_phone_in_both_schemes() {
        String id = admin.submit(admin.shell(TRAINING));
        admin.awaitEnd(id);
        try (Browser browser = Browser.open(admin.base())) {
            browser.signIn("admin", TestServer.ADMIN_PASSWORD);
            for (String scheme : new String[] {"light", "dark"}) {
                browser.scheme(scheme);
                browser.size(400, 800);
                for (String page : new String[] {"#/", "#/jobs", "#/queues", "#/agents", "#/jobs/" + id}) {
                    browser.go(page);
                    browser.assertNoSidewaysScroll();
                }
            }
            assertThat(browser.consoleErrors()).isEmpty();
        }
    }
}
