package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.Browser;
import dev.stationmaster.testing.TestServer;
import dev.stationmaster.testing.WorkerProcess;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The pages of machines that run jobs; skipped where there is no browser. The test plays the remote worker. */
class RunnerPagesTest {
    private static Api admin;

    @BeforeAll
    static void start() {
        Browser.assumeAvailable();
        admin = TestServer.shared().admin();
    }

    private static void appear(String name) {
        Api box = admin.with(WorkerProcess.token(admin));
        String session = UUID.randomUUID().toString();
        var gpu = new JsonObject()
                .put("id", "GPU-4d0e")
                .put("name", "NVIDIA H100 80GB HBM3")
                .put("memory_bytes", 85_520_809_984L);
        box.post(
                        "/workers",
                        new JsonObject()
                                .put("name", name)
                                .put("version", "0.1.0")
                                .put("protocol", 1)
                                .put("session", session)
                                .put("runners", new JsonArray().add("process"))
                                .put("slots", 4)
                                .put(
                                        "capacity",
                                        new JsonObject()
                                                .put("cpu_millis", 8_000)
                                                .put("memory_bytes", 64L << 30)
                                                .put("gpus", 1)
                                                .put("storage_bytes", 1L << 40))
                                .put("gpus", new JsonArray().add(gpu)))
                .is(200);
        box.post(
                        "/workers/" + name + "/poll",
                        new JsonObject()
                                .put("session", session)
                                .put("number", 1)
                                .put("wait_seconds", 0)
                                .put("attempts", new JsonArray()))
                .is(200);
    }

    @Test
    void a_worker_is_found_looked_at_and_drained_by_hand() {
        String name = "page-box-" + UUID.randomUUID().toString().substring(0, 6);
        appear(name);
        try (Browser browser = Browser.open(admin.base())) {
            browser.signIn("admin", TestServer.ADMIN_PASSWORD);
            browser.go("#/runners");
            browser.seeText("[aria-label=Runners]", name);
            browser.seeText("[aria-label=Runners]", "process");
            browser.seeText("[aria-label=Runners]", "simulated");
            browser.clickText("[aria-label=Runners] a", name);
            browser.seeText("main h1", name);
            browser.seeText("[aria-label=GPUs]", "NVIDIA H100 80GB HBM3");
            browser.seeText("[aria-label=Capacity]", "0 of 8");
            browser.seeText("main", "Nothing runs there.");
            browser.click("[data-order=drain]");
            browser.seeText("dialog", "go on elsewhere from their checkpoints");
            browser.clickText("dialog .button", "Drain");
            browser.seeText("main .head .pill", "draining");
            browser.click("[data-order=uncordon]");
            browser.clickText("dialog .button", "Uncordon");
            browser.see("[data-order=cordon]");
            browser.assertNoConsoleErrors();
            browser.assertNoSidewaysScroll();
            browser.size(390, 844);
            browser.go("#/runners");
            browser.seeText("[aria-label=Runners]", name);
            browser.assertNoSidewaysScroll();
        }
        assertThat(admin.get("/workers/" + name).is(200).json().getString("state"))
                .isIn("active", "offline");
        admin.delete("/workers/" + name).is(204);
    }
}
