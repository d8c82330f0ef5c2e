package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.LittleServer;
import dev.stationmaster.testing.TestServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Agents that stay up, with real programs. */
class DeploymentsTest {
    private static TestServer server;
    private static DeploymentKit kit;
    private static Api api;
    private static Path folder;

    @BeforeAll
    static void start() {
        server = TestServer.shared();
        api = server.user("developer");
        kit = new DeploymentKit(api);
        folder = TestServer.tempDir();
    }

    @AfterAll
    static void clean() {
        TestServer.deleteTree(folder);
    }

    private static String http(String address, String path) {
        try {
            return HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://" + address + path))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void replicas_get_ports_of_their_own_and_one_that_is_killed_comes_back() {
        Path sick = folder.resolve("http-sick");
        var check = DeploymentKit.check("http")
                .put("path", "/health")
                .put("initial_delay_seconds", 0.2)
                .put("failure_threshold", 50);
        long agent = kit.deployed(2, new JsonObject().put("health_check", check), LittleServer.command(sick));
        JsonObject up = kit.awaitDone(agent, 2);
        List<JsonObject> both = DeploymentKit.instances(up).toList();
        String address = both.get(0).getString("address");
        assertThat(address).startsWith("127.0.0.1:").isNotEqualTo(both.get(1).getString("address"));
        assertThat(up.getDouble("cost_per_hour")).isPositive();

        String job = both.get(0).getString("job_id");
        assertThat(api.job(job).getString("kind")).isEqualTo("service");
        assertThat(api.job(job).getString("deployment")).isEqualTo("/api/v1/agents/" + agent + "/deployment");
        assertThat(api.items("/jobs?agent_id=" + agent)).isEmpty();
        assertThat(api.items("/jobs?kind=service&agent_id=" + agent)).hasSize(2);
        assertThat(api.items("/jobs?kind=all&agent_id=" + agent)).hasSize(2);
        api.post("/jobs/" + job + "/retry").problem(409, "invalid_state");
        api.delete("/agents/" + agent).problem(409, "invalid_state");

        server.kill(Long.parseLong(http(address, "/pid")));
        String id = both.get(0).getString("id");
        JsonObject back = kit.awaitReplica(
                agent,
                r -> id.equals(r.getString("id"))
                        && r.getInteger("restarts") == 1
                        && "healthy".equals(r.getString("state")));
        assertThat(back.getString("job_id")).isNotEqualTo(job);
        assertThat(http(back.getString("address"), "/pid")).isNotBlank();
        assertThat(api.job(job).getString("state")).isEqualTo("failed");
        assertThat(api.items("/dead-letters").encode()).doesNotContain(job);
        assertThat(kit.kinds(agent)).contains("replica_started", "replica_exited", "replica_restarted", "rollout_done");
        assertThat(kit.get(agent).getLong("restarts")).isEqualTo(1);

        kit.stop(agent);
        JsonObject stopped = kit.get(agent);
        assertThat(stopped.getJsonArray("instances")).isEmpty();
        assertThat(stopped.getDouble("cost_per_hour")).isZero();
        assertThat(stopped.getDouble("cost")).isPositive();
        assertThat(api.job(back.getString("job_id")).getString("state")).isEqualTo("cancelled");
        api.delete("/agents/" + agent + "/deployment").problem(409, "invalid_state");
        api.delete("/agents/" + agent).is(204);
    }

    @Test
    void a_sick_replica_is_replaced() throws IOException {
        Path sick = folder.resolve("sick");
        long agent = kit.deployed(
                1,
                new JsonObject().put("health_check", DeploymentKit.command("test ! -e " + sick)),
                "/bin/sh",
                "-c",
                DeploymentKit.STAYS);
        kit.awaitDone(agent, 1);
        Files.createFile(sick);
        kit.awaitReplica(agent, r -> r.getInteger("restarts") >= 1);
        assertThat(kit.events(agent).toString())
                .contains("replica_unhealthy: The check fails: the command exited with code 1");
        Files.delete(sick);
        kit.awaitDone(agent, 1);
        kit.stop(agent);
    }

    @Test
    void an_open_port_is_enough_for_tcp() {
        long agent = kit.deployed(
                1,
                new JsonObject().put("health_check", DeploymentKit.tcp()),
                LittleServer.command(folder.resolve("x")));
        JsonObject replica =
                DeploymentKit.instances(kit.awaitDone(agent, 1)).findFirst().orElseThrow();
        assertThat(replica.getBoolean("healthy")).isTrue();
        assertThat(replica.getString("health_message")).isEqualTo("The check succeeds.");
        kit.stop(agent);
    }

    @Test
    void a_good_version_is_rolled_out_a_bad_one_rolled_back_and_any_may_be_gone_back_to() {
        var more = new JsonObject().put("health_check", DeploymentKit.command("true"));
        long agent = kit.deployed(2, more, "/bin/sh", "-c", DeploymentKit.STAYS);
        kit.awaitDone(agent, 2);

        String good = kit.version(agent, "echo good; " + DeploymentKit.STAYS);
        assertThat(kit.deploy(agent, 2, more).getInteger("revision")).isEqualTo(2);
        JsonObject second = kit.await(agent, d -> {
            assertThat(d.getInteger("healthy_replicas")).isGreaterThanOrEqualTo(2);
            return "healthy".equals(d.getString("rollout"))
                    && d.getJsonArray("instances").size() == 2;
        });
        assertThat(second.getString("version")).isEqualTo(good);

        kit.version(agent, "exit 3");
        kit.deploy(agent, 2, more);
        JsonObject back = kit.await(agent, d -> {
            assertThat(d.getInteger("healthy_replicas")).isGreaterThanOrEqualTo(2);
            return d.getInteger("revision") == 4
                    && "healthy".equals(d.getString("rollout"))
                    && d.getJsonArray("instances").size() == 2;
        });
        assertThat(back.getString("version")).isEqualTo(good);
        JsonObject bad = api.get("/agents/" + agent + "/deployments/3").is(200).json();
        assertThat(bad.getString("state")).isEqualTo("failed");
        assertThat(bad.getString("reason")).isEqualTo("crash_loop");
        assertThat(bad.getString("message")).contains("3 times in a row", "exit");
        JsonObject fourth =
                api.get("/agents/" + agent + "/deployments/4").is(200).json();
        assertThat(fourth.getInteger("rollback_to")).isEqualTo(2);
        assertThat(fourth.getString("created_by")).isEqualTo("stationmaster");
        assertThat(DeploymentKit.instances(back).map(r -> r.getString("id")).toList())
                .as("those that were healthy stay")
                .containsExactlyInAnyOrderElementsOf(DeploymentKit.instances(second)
                        .map(r -> r.getString("id"))
                        .toList());

        api.post("/agents/" + agent + "/deployments/rollback", new JsonObject().put("revision", 1))
                .is(202);
        JsonObject fifth = kit.awaitDone(agent, 2);
        assertThat(fifth.getInteger("revision")).isEqualTo(5);
        assertThat(fifth.getString("version")).isEqualTo("1.0.0");
        api.post("/agents/" + agent + "/deployments/rollback", new JsonObject().put("version", good))
                .is(202);
        assertThat(kit.awaitDone(agent, 2).getString("version")).isEqualTo(good);
        assertThat(api.items("/agents/" + agent + "/deployments").stream()
                        .map(r -> ((JsonObject) r).getString("state"))
                        .toList())
                .containsExactly("healthy", "superseded", "superseded", "failed", "superseded", "superseded");
        assertThat(server.admin().items("/audit?target=agent/" + agent + "/deployment").stream()
                        .map(e -> ((JsonObject) e).getString("action"))
                        .toList())
                .contains("deployment.roll", "deployment.rollback");
        kit.stop(agent);
    }

    @Test
    void what_crashes_again_and_again_is_started_ever_less_often() {
        long agent = kit.deployed(1, new JsonObject(), "/bin/sh", "-c", "exit 7");
        JsonObject looping = kit.awaitReplica(
                agent, r -> "crash_loop".equals(r.getString("state")) && r.getInteger("failures") >= 3);
        assertThat(looping.getString("message")).contains("It starts again in", "7");
        assertThat(looping.getString("starts_at")).isNotNull();
        JsonObject failed = kit.await(agent, d -> "failed".equals(d.getString("rollout")));
        assertThat(failed.getString("reason")).isEqualTo("crash_loop");
        assertThat(kit.events(agent).toString())
                .contains("starts again in 1 s", "starts again in 2 s", "starts again in 4 s");
        assertThat(server.admin().get("!/metrics").is(200).text())
                .contains("stationmaster_deployment_restarts_total{agent_id=\"" + agent + "\"}")
                .contains("stationmaster_deployment_replicas{agent=");
        kit.stop(agent);
    }

    @Test
    void a_program_may_be_done_where_the_policy_says_so() {
        var more = new JsonObject().put("restart_policy", "on_failure");
        long agent = kit.deployed(1, more, "/bin/sh", "-c", "exit 0");
        JsonObject exited = kit.awaitReplica(agent, r -> "exited".equals(r.getString("state")));
        assertThat(exited.getInteger("restarts")).isZero();
        kit.await(agent, d -> "healthy".equals(d.getString("rollout")));
        kit.stop(agent);
    }

    @Test
    void it_is_scaled_by_hand_and_stays_within_what_is_wanted() {
        long agent = kit.deployed(
                1,
                new JsonObject().put("health_check", DeploymentKit.command("true")),
                "/bin/sh",
                "-c",
                DeploymentKit.STAYS);
        kit.awaitDone(agent, 1);
        String path = "/agents/" + agent + "/deployment";
        api.patch(path, new JsonObject().put("replicas", 3)).is(202);
        kit.awaitDone(agent, 3);
        api.patch(path, new JsonObject().put("replicas", 3)).is(202);
        api.patch(path, new JsonObject().put("replicas", 0)).is(202);
        kit.awaitDone(agent, 0);
        assertThat(kit.kinds(agent)).filteredOn("scaled"::equals).hasSize(2);
        Api other = server.user("developer");
        other.patch(path, new JsonObject().put("replicas", 2)).problem(403, "forbidden");
        server.user("viewer").get(path).is(200);
        server.user("operator").patch(path, new JsonObject().put("replicas", 1)).is(202);
        kit.awaitDone(agent, 1);
        api.delete(path).is(202);
        api.delete(path).is(202);
        kit.await(agent, d -> "stopped".equals(d.getString("state")));
        api.patch(path, new JsonObject().put("replicas", 2)).problem(409, "invalid_state");
        kit.deploy(agent, 1, new JsonObject().put("health_check", DeploymentKit.command("true")));
        kit.awaitDone(agent, 1);
        kit.stop(agent);
    }

    @Test
    void a_job_of_a_replica_that_somebody_cancels_is_started_again() {
        long agent = kit.deployed(
                1,
                new JsonObject().put("health_check", DeploymentKit.command("true")),
                "/bin/sh",
                "-c",
                DeploymentKit.STAYS);
        String job = DeploymentKit.instances(kit.awaitDone(agent, 1))
                .findFirst()
                .orElseThrow()
                .getString("job_id");
        api.post("/jobs/" + job + "/cancel").is(202);
        kit.awaitReplica(agent, r -> r.getInteger("restarts") == 1 && "healthy".equals(r.getString("state")));
        kit.stop(agent);
    }

    @Test
    void what_can_never_be_submitted_fails_the_rollout() {
        var more = new JsonObject().put("resource_requirements", new JsonObject().put("cpu", "100000"));
        long agent = kit.deployed(1, more, "/bin/sh", "-c", DeploymentKit.STAYS);
        JsonObject waiting = kit.awaitReplica(agent, r -> r.getString("message") != null);
        assertThat(waiting.getString("job_id")).isNull();
        kit.stop(agent);
    }

    @Test
    void bad_wishes_are_refused_and_nothing_changes() {
        long agent = api.shell("true");
        String path = "/agents/" + agent + "/deployments";
        api.get("/agents/" + agent + "/deployment").problem(404, "not_found");
        api.get("/agents/" + agent + "/deployments/1").problem(404, "not_found");
        api.post(path, new JsonObject().put("version", "9.9")).problem(404, "not_found");
        api.post(path + "/rollback", new JsonObject().put("revision", 1)).problem(404, "not_found");
        api.post(
                        path,
                        new JsonObject()
                                .put(
                                        "rolling_update",
                                        new JsonObject().put("max_surge", 0).put("max_unavailable", 0)))
                .problem(422, "invalid_field");
        api.post(path, new JsonObject().put("health_check", new JsonObject().put("type", "command")))
                .problem(422, "invalid_field");
        api.post(
                        path,
                        new JsonObject()
                                .put(
                                        "health_check",
                                        new JsonObject().put("type", "tcp").put("path", "/x")))
                .problem(422, "invalid_field");
        assertThat(api.post(path, new JsonObject().put("replicas", 101)).status())
                .isIn(400, 422);
        api.get("/agents/" + agent + "/deployment").problem(404, "not_found");

        kit.deploy(agent, 0, new JsonObject());
        kit.awaitDone(agent, 0);
        api.post(path + "/rollback", new JsonObject()).problem(422, "invalid_field");
        api.post(path + "/rollback", new JsonObject().put("revision", 1)).problem(409, "invalid_state");
        api.post(path + "/rollback", new JsonObject().put("revision", 7)).problem(404, "not_found");
        api.post(
                "/jobs",
                new JsonObject()
                        .put("agent_id", agent)
                        .put("name", "x")
                        .put("service", new JsonObject().put("port", 1)));
        assertThat(api.items("/jobs?kind=service&agent_id=" + agent)).isEmpty();
        assertThat(new JsonArray(kit.kinds(agent))).contains("rollout_started");
        kit.stop(agent);
    }
}
