package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.Browser;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The page of a deployment; skipped where there is no browser. */
class DeploymentPagesTest {
    private static Api admin;
    private static DeploymentKit kit;

    @BeforeAll
    static void start() {
        Browser.assumeAvailable();
        admin = TestServer.shared().admin();
        kit = new DeploymentKit(admin);
    }

    private static Browser signedIn() {
        Browser browser = Browser.open(admin.base());
        browser.signIn("admin", TestServer.ADMIN_PASSWORD);
        return browser;
    }

    @Test
    void an_agent_is_deployed_scaled_rolled_back_and_stopped_by_hand() {
        long agent = admin.shell(DeploymentKit.STAYS);
        try (Browser browser = signedIn()) {
            browser.go("#/agents/" + agent);
            browser.clickText("main .button", "Deployment");
            browser.seeText("main", "This agent was never deployed.");
            browser.click("#deploy");
            browser.clickText("dialog .button.primary", "Deploy");
            browser.seeText("[aria-label=Replicas] .pill", "healthy");
            browser.seeText("[aria-label=Figures]", "1 of 1");
            browser.seeText("[aria-label='Events of the deployment'] .kind", "rollout done");
            browser.click("#scale");
            browser.type("#f-replicas", "2");
            browser.clickText("dialog .button.primary", "Scale");
            browser.seeText("[aria-label=Figures]", "2 of 2");
            kit.deploy(agent, 2, new JsonObject());
            browser.seeText("[aria-label=Revisions] .pill", "superseded");
            browser.click("[data-revision='1']");
            browser.clickText("dialog .button", "Roll back");
            browser.seeText("[aria-label=Revisions]", "as 1");
            kit.awaitDone(agent, 2);
            browser.click("#stop");
            browser.clickText("dialog .button.danger", "Stop deployment");
            browser.seeText("main .head .pill", "stopped");
            browser.seeText("main", "There are none.");
            browser.assertNoConsoleErrors();
            browser.assertNoSidewaysScroll();
        }
    }

    @Test
    void the_page_shows_why_a_rollout_failed_and_how_it_is_scaled() {
        long agent = kit.deployed(1, new JsonObject(), "/bin/sh", "-c", "exit 4");
        kit.await(agent, d -> "failed".equals(d.getString("rollout")));
        admin.put(
                        "/agents/" + agent + "/scaling",
                        new JsonObject()
                                .put("min", 2)
                                .put("max", 3)
                                .put("metric", "gpu")
                                .put("target", 50))
                .is(200);
        kit.await(agent, d -> d.getInteger("replicas") == 2);
        try (Browser browser = signedIn()) {
            browser.go("#/agents/" + agent + "/deployment");
            browser.seeText("main .notice.bad", "The rollout failed: crash loop.");
            browser.seeText("[aria-label=Replicas] .pill", "crash loop");
            browser.see("sm-chart canvas");
            assertThat(browser.text("[aria-label=Decisions] tbody tr")).contains("1 → 2", "min");
            browser.assertNoConsoleErrors();
            browser.size(390, 844);
            browser.assertNoSidewaysScroll();
        }
        kit.stop(agent);
    }
}
