package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.Browser;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.interactions.Actions;

/** The pages of experiments, benchmarks, compared jobs and the order of the queue; skipped where there is no browser. */
class ExperimentPagesTest {
    private static Api admin;
    private static long agent;

    @BeforeAll
    static void start() {
        Browser.assumeAvailable();
        admin = TestServer.shared().admin();
        agent = simulated("simulation", 0.00001);
    }

    private static long simulated(String type, double rate) {
        return admin.post(
                        "/agents",
                        new JsonObject()
                                .put("name", "pages-" + UUID.randomUUID())
                                .put("type", type)
                                .put("runner", "simulation")
                                .put("config", new JsonObject().put("hyperparameters", rate(rate))))
                .is(201)
                .json()
                .getLong("id");
    }

    private static JsonObject rate(double rate) {
        return new JsonObject()
                .put("learning_rate", rate)
                .put("epochs", 6)
                .put("simulation", new JsonObject().put("step_seconds", 0.005));
    }

    private static Browser signedIn() {
        Browser browser = Browser.open(admin.base());
        browser.signIn("admin", TestServer.ADMIN_PASSWORD);
        return browser;
    }

    private static void choose(WebElement select, Object value) {
        select.findElement(By.cssSelector("option[value='" + value + "']")).click();
    }

    private static WebElement inRow(Browser browser, String row, String name) {
        return browser.see("[aria-label='" + row + "'] [data-name=" + name + "]");
    }

    @Test
    void a_comparison_is_made_by_the_dialog_and_its_verdict_is_read() {
        try (Browser browser = signedIn()) {
            browser.go("#/experiments");
            browser.click("#new-comparison");
            browser.type("#f-name", "rates by hand");
            browser.clickText("dialog .button.primary", "Start comparison");
            browser.see("dialog .notice.bad");
            assertThat(browser.consoleErrors())
                    .allSatisfy(line -> assertThat(line).contains("400"));
            browser.type("#f-metric-name", "loss");
            browser.type("#f-repetitions", "3");
            for (String row : List.of("variant 1", "variant 2")) {
                choose(inRow(browser, row, "agent_id"), agent);
            }
            browser.type(
                    "[aria-label='variant 1'] [data-name=hyperparameters]",
                    rate(0.00001).encode());
            browser.type("[aria-label='variant 2'] [data-name=name]", "better");
            browser.type(
                    "[aria-label='variant 2'] [data-name=hyperparameters]",
                    rate(0.001).encode());
            browser.clickText("dialog .button", "Add guardrail");
            browser.type("[aria-label='guardrail 1'] [data-name=metric]", "accuracy");
            browser.type("[aria-label='guardrail 1'] [data-name=min]", "0.01");
            browser.clickText("dialog .button.primary", "Start comparison");
            browser.seeText("main h1", "rates by hand");
            browser.seeText(".verdict", "better wins against A");
            assertThat(browser.text(".verdict")).contains("95 % interval").contains("corrected p");
            assertThat(browser.text(".verdict")).contains("n = 3 each");
            browser.seeText(".pill", "kept");
            browser.see("sm-curves canvas");
            assertThat(browser.driver().findElements(By.cssSelector("sm-trials tbody tr")))
                    .hasSize(6);
            browser.clickText("sm-trials .sort", "loss");
            assertThat(browser.text("sm-trials tbody tr td")).isEqualTo("better");
            browser.go("#/experiments?kind=compare");
            browser.seeText("main tbody tr", "better wins");
            browser.assertNoConsoleErrors();
        }
    }

    @Test
    void a_sweep_made_by_the_dialog_is_drawn_over_its_hyperparameters() {
        try (Browser browser = signedIn()) {
            browser.go("#/experiments");
            browser.click("#new-sweep");
            browser.type("#f-name", "grid by hand");
            browser.type("#f-metric-name", "loss");
            choose(browser.see("#f-sweep-agent_id"), agent);
            choose(browser.see("#f-sweep-method"), "asha");
            browser.see("#f-sweep-min_steps");
            choose(browser.see("#f-sweep-method"), "grid");
            browser.type("[aria-label='hyperparameter 1'] [data-name=name]", "learning_rate");
            browser.type("[aria-label='hyperparameter 1'] [data-name=values]", "0.00001, 0.001, 0.1");
            browser.type("#f-sweep-hyperparameters", rate(0).encode());
            browser.clickText("dialog .button.primary", "Start sweep");
            browser.seeText(".verdict", "Best: ");
            assertThat(browser.text(".verdict")).contains("learning_rate 0.001");
            browser.see("sm-parallel canvas");
            Awaitility.await().until(() -> browser.driver()
                    .executeScript("return document.querySelector('sm-parallel').chart.getOption().series"
                            + ".map((s) => `${s.name} ${s.data.length}`).join()")
                    .equals("unknown 0,trials 2,best 1"));
            browser.assertNoConsoleErrors();
        }
    }

    @Test
    void waiting_jobs_move_by_keys_and_by_dragging() {
        String queue = "q" + System.nanoTime();
        admin.post("/queues", new JsonObject().put("name", queue).put("state", "hold"))
                .is(201);
        String first = admin.submit(agent, new JsonObject().put("name", "first").put("queue", queue));
        String second = admin.submit(
                agent,
                new JsonObject().put("name", "second").put("queue", queue).put("priority", 7));
        try (Browser browser = signedIn()) {
            browser.go("#/queues?queue=" + queue);
            browser.see("[data-handle='" + first + "']").sendKeys(Keys.ARROW_UP, Keys.ARROW_UP, Keys.ARROW_UP);
            Awaitility.await().until(() -> admin.job(first).getInteger("priority") == 8);
            Awaitility.await().until(() -> browser.driver()
                    .executeScript("return document.getElementById('moved').textContent")
                    .equals("first has priority 8 now. Line 1 of 2 in this list."));
            Awaitility.await()
                    .until(() -> first.equals(
                            browser.driver().switchTo().activeElement().getDomAttribute("data-handle")));

            new Actions(browser.driver())
                    .clickAndHold(browser.see("[data-handle='" + first + "']"))
                    .moveByOffset(5, 8)
                    .moveToElement(browser.see("[data-handle='" + second + "']"))
                    .perform();
            WebElement target = browser.see("tr.priority[data-priority='3']");
            new Actions(browser.driver())
                    .moveToElement(target)
                    .moveByOffset(4, 2)
                    .release()
                    .perform();
            Awaitility.await().until(() -> admin.job(first).getInteger("priority") == 3);

            browser.click("[aria-label='Drain " + queue + "']");
            browser.seeText("main", "Nobody waits.");
            assertThat(admin.awaitEnd(second).getString("state")).isEqualTo("succeeded");
            browser.assertNoConsoleErrors();
        }
    }

    @Test
    void jobs_chosen_in_the_list_are_compared() {
        String slow = admin.submit(agent, new JsonObject().put("name", "slow").put("hyperparameters", rate(0.00001)));
        String good = admin.submit(agent, new JsonObject().put("name", "good").put("hyperparameters", rate(0.001)));
        admin.awaitEnd(slow);
        admin.awaitEnd(good);
        try (Browser browser = signedIn()) {
            browser.go("#/jobs?agent_id=" + agent);
            browser.click("[aria-label='Compare slow']");
            browser.click("[aria-label='Compare good']");
            browser.click("#compare");
            browser.seeText("main", "Cost per unit of metric");
            browser.seeText("main .pill", "differs");
            assertThat(browser.text("main")).contains("unknown");
            browser.see("sm-chart canvas");
            browser.assertNoConsoleErrors();
        }
    }

    @Test
    void a_suites_history_flags_the_version_that_regressed() {
        String suite = suite();
        try (Browser browser = signedIn()) {
            browser.go("#/benchmarks");
            browser.seeText("main", "suite-");
            browser.go("#/benchmarks/" + suite);
            browser.seeText("main .pill", "regressed");
            browser.see("sm-chart canvas");
            for (String scheme : List.of("light", "dark")) {
                browser.scheme(scheme);
                browser.size(400, 800);
                for (String page :
                        List.of("#/experiments", "#/benchmarks", "#/benchmarks/" + suite, "#/queues", "#/jobs")) {
                    browser.go(page);
                    browser.see("main h1");
                    browser.assertNoSidewaysScroll();
                }
                String experiment = admin.items("/benchmarks/" + suite + "/runs")
                        .getJsonObject(0)
                        .getString("id");
                browser.go("#/experiments/" + experiment);
                browser.seeText("main h2", "Cases");
                browser.assertNoSidewaysScroll();
            }
            browser.assertNoConsoleErrors();
        }
    }

    private static String suite() {
        long evaluator = simulated("evaluation", 0.001);
        admin.post(
                        "/agents/" + evaluator + "/versions",
                        new JsonObject()
                                .put("version", "9.0.0")
                                .put("config", new JsonObject().put("hyperparameters", rate(0.00001))))
                .is(201);
        String suite = admin.post(
                        "/benchmarks",
                        new JsonObject()
                                .put("name", "suite-" + UUID.randomUUID())
                                .put("repetitions", 3)
                                .put(
                                        "cases",
                                        new JsonArray()
                                                .add(new JsonObject()
                                                        .put("name", "clean")
                                                        .put(
                                                                "metric",
                                                                new JsonObject()
                                                                        .put("name", "loss")
                                                                        .put("direction", "minimize")))))
                .is(201)
                .json()
                .getString("id");
        for (String version : List.of("1.0.0", "9.0.0")) {
            String run = admin.post(
                            "/benchmarks/" + suite + "/runs",
                            new JsonObject().put("agent_id", evaluator).put("version", version))
                    .is(202)
                    .json()
                    .getString("id");
            Awaitility.await().until(() -> "succeeded"
                    .equals(admin.get("/experiments/" + run).json().getString("state")));
        }
        return suite;
    }

    @Test
    void what_is_not_known_is_never_a_number() {
        try (Browser browser = signedIn()) {
            assertThat(module(
                            browser,
                            "/app/verdict.js",
                            "[m.known(null, true), m.known(null, false), m.known(0, true)]"))
                    .isEqualTo(List.of("unknown", "–", "0"));
            assertThat(module(
                            browser,
                            "/app/csv.js",
                            "m.csv([['a', (r) => r.a], ['b', (r) => r.b]], [{a: null, b: '=1+1'}]).split('\\r\\n')"))
                    .isEqualTo(List.of("\"a\",\"b\"", ",\"'=1+1\"", ""));
            String band =
                    "m.band([[[1, 1], [3, 3]], [[1, 3], [2, 4]], [[1, 2]]]).map((p) => [p.x, p.mean, p.n].join(' '))";
            assertThat(module(browser, "/app/bands.js", band))
                    .as("step 3 has one curve of three: no mean")
                    .isEqualTo(List.of("1 2 3", "2 3 2"));
        }
    }

    private static Object module(Browser browser, String file, String expression) {
        return browser.driver()
                .executeAsyncScript("const done = arguments[arguments.length - 1]; import('" + file
                        + "').then((m) => done(" + expression + "), (e) => done(String(e)));");
    }
}
