package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.LeapingClock;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Policies that scale deployments, on a server whose clock may leap. */
class ScalingTest {
    private static final LeapingClock CLOCK = new LeapingClock();
    private static TestServer server;
    private static Api api;
    private static DeploymentKit kit;
    private static Path folder;

    @BeforeAll
    static void start() {
        server = TestServer.start(Map.of("deployments.scaling_seconds", "0.1", "jobs.lease_seconds", "3600"), CLOCK);
        api = server.admin();
        kit = new DeploymentKit(api);
        folder = TestServer.tempDir();
    }

    @AfterAll
    static void stop() {
        server.close();
        TestServer.deleteTree(folder);
    }

    private static JsonObject policy(String metric, double target) {
        return new JsonObject()
                .put("min", 1)
                .put("max", 4)
                .put("metric", metric)
                .put("target", target);
    }

    private static JsonObject put(long agent, JsonObject policy) {
        return api.put("/agents/" + agent + "/scaling", policy).is(200).json();
    }

    private static JsonArray decisions(long agent) {
        return api.items("/agents/" + agent + "/scaling/decisions");
    }

    private static JsonObject awaitDecision(long agent, java.util.function.Predicate<JsonObject> wanted) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(
                        decisions(agent).stream().map(JsonObject.class::cast))
                .as(decisions(agent).encode())
                .anyMatch(wanted));
        return decisions(agent).stream()
                .map(JsonObject.class::cast)
                .filter(wanted)
                .findFirst()
                .orElseThrow();
    }

    private static boolean held(JsonObject decision, String by) {
        return by.equals(decision.getString("held_by"));
    }

    /** Replicas that report what a file says. */
    private static long reporting(Path load) {
        String script = "while :; do echo \"{\\\"metrics\\\":{\\\"load\\\":$(cat " + load + ")}}\"; sleep 0.2; done";
        return kit.deployed(
                1, new JsonObject().put("health_check", DeploymentKit.command("true")), "/bin/sh", "-c", script);
    }

    @Test
    void it_grows_at_once_and_shrinks_only_after_the_window() throws IOException {
        Path load = Files.writeString(folder.resolve("load"), "30");
        long agent = reporting(load);
        kit.awaitDone(agent, 1);
        put(agent, policy("custom", 10).put("metric_name", "load"));
        kit.awaitDone(agent, 4);
        JsonObject up = awaitDecision(agent, d -> d.getInteger("replicas") == 1 && d.getInteger("applied") > 1);
        assertThat(up.getDouble("value")).isEqualTo(30);
        assertThat(up.getInteger("desired")).isEqualTo(3);
        awaitDecision(agent, d -> held(d, "max"));

        Files.writeString(load, "1");
        JsonObject held = awaitDecision(agent, d -> held(d, "stabilization"));
        assertThat(held.getInteger("applied")).isEqualTo(4);
        assertThat(kit.get(agent).getInteger("replicas")).isEqualTo(4);
        awaitDecision(agent, d -> held(d, "stabilization") && d.getInteger("times") > 2);

        CLOCK.leap(Duration.ofSeconds(301));
        kit.awaitDone(agent, 1);
        assertThat(kit.events(agent).toString()).contains("By the policy: custom is");
        assertThat(server.admin()
                        .items("/audit?target=agent/" + agent + "/deployment")
                        .encode())
                .contains("scaling:" + agent);
        api.delete("/agents/" + agent + "/scaling").is(204);
        api.delete("/agents/" + agent + "/scaling").problem(404, "not_found");
        api.get("/agents/" + agent + "/scaling").problem(404, "not_found");
        kit.stop(agent);
    }

    @Test
    void nothing_measured_scales_nothing_but_the_bounds_hold() {
        long agent = kit.deployed(
                1,
                new JsonObject().put("health_check", DeploymentKit.command("true")),
                "/bin/sh",
                "-c",
                DeploymentKit.STAYS);
        kit.awaitDone(agent, 1);
        put(agent, policy("gpu", 50).put("min", 2));
        kit.awaitDone(agent, 2);
        awaitDecision(agent, d -> held(d, "min"));
        JsonObject none = awaitDecision(agent, d -> held(d, "no_data"));
        assertThat(none.getValue("value")).isNull();
        assertThat(none.getString("message")).isEqualTo("Left at 2: nothing was measured.");
        put(agent, policy("custom", 50).put("metric_name", "never").put("enabled", false));
        assertThat(api.get("/agents/" + agent + "/scaling").is(200).json().getBoolean("enabled"))
                .isFalse();
        kit.stop(agent);
    }

    @Test
    void the_cpu_of_busy_replicas_is_measured() {
        long agent = kit.deployed(
                1,
                new JsonObject().put("health_check", DeploymentKit.command("true")),
                "/bin/sh",
                "-c",
                "while :; do :; done");
        kit.awaitDone(agent, 1);
        put(agent, policy("cpu", 50).put("max", 2).put("step_up", 1));
        JsonObject up = awaitDecision(agent, d -> d.getInteger("applied") == 2);
        assertThat(up.getDouble("value")).isGreaterThan(50);
        kit.stop(agent);
    }

    @Test
    void waiting_jobs_bring_consumers_up_from_none() {
        String queue = "work-" + Long.toString(System.nanoTime(), 36);
        api.post("/queues", new JsonObject().put("name", queue)).is(201);
        api.patch("/queues/" + queue, new JsonObject().put("state", "hold")).is(200);
        long worker = api.shell("true");
        for (int i = 0; i < 5; i++) {
            api.submit(worker, new JsonObject().put("queue", queue));
        }
        long agent = kit.deployed(
                0,
                new JsonObject().put("health_check", DeploymentKit.command("true")),
                "/bin/sh",
                "-c",
                DeploymentKit.STAYS);
        kit.awaitDone(agent, 0);
        put(agent, policy("queue_length", 2).put("min", 0).put("queue", queue));
        kit.awaitDone(agent, 3);
        assertThat(awaitDecision(agent, d -> d.getInteger("applied") == 3).getDouble("value"))
                .isEqualTo(5);
        kit.stop(agent);
    }

    @Test
    void a_spent_budget_holds_it() {
        long agent = kit.deployed(
                1,
                new JsonObject().put("health_check", DeploymentKit.command("true")),
                "/bin/sh",
                "-c",
                DeploymentKit.STAYS);
        kit.awaitDone(agent, 1);
        api.post(
                        "/budgets",
                        new JsonObject()
                                .put("scope", "agent")
                                .put("scope_id", agent)
                                .put("name", "none")
                                .put("unit", "currency")
                                .put("limit", 0)
                                .put("period", "day"))
                .is(201);
        put(agent, policy("gpu", 50).put("min", 3));
        awaitDecision(agent, d -> held(d, "budget"));
        assertThat(kit.get(agent).getInteger("replicas")).isEqualTo(1);
        kit.stop(agent);
    }

    @Test
    void bad_policies_are_refused() {
        long agent = api.shell("true");
        String path = "/agents/" + agent + "/scaling";
        api.put(path, policy("cpu", 50).put("min", 5)).problem(422, "invalid_field");
        api.put(path, policy("cpu", 50).put("min", 0)).problem(422, "invalid_field");
        api.put(path, policy("custom", 50)).problem(422, "invalid_field");
        api.put(path, policy("cpu", 50).put("metric_name", "x")).problem(422, "invalid_field");
        api.put(path, policy("cpu", 50).put("queue", "default")).problem(422, "invalid_field");
        api.get(path).problem(404, "not_found");
        assertThat(decisions(agent)).isEmpty();
    }
}
