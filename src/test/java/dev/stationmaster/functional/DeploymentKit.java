package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** What tests of deployments share. */
final class DeploymentKit {
    /** Runs until it is told to end. */
    static final String STAYS = "while :; do sleep 1; done";

    final Api api;

    DeploymentKit(Api api) {
        this.api = api;
    }

    static JsonObject check(String type) {
        return new JsonObject()
                .put("type", type)
                .put("interval_seconds", 0.1)
                .put("timeout_seconds", 5)
                .put("failure_threshold", 3);
    }

    static JsonObject command(String script) {
        return check("command").put("command", new JsonArray(List.of("/bin/sh", "-c", script)));
    }

    static JsonObject tcp() {
        return check("tcp").put("initial_delay_seconds", 0.2).put("failure_threshold", 100);
    }

    /** Registers an agent and deploys it. */
    long deployed(int replicas, JsonObject more, String... command) {
        long agent = api.agent(command);
        deploy(agent, replicas, more);
        return agent;
    }

    JsonObject deploy(long agent, int replicas, JsonObject more) {
        return api.post(
                        "/agents/" + agent + "/deployments",
                        new JsonObject().put("replicas", replicas).mergeIn(more))
                .is(202)
                .json();
    }

    /** A new version of the agent that runs a script. */
    String version(long agent, String script) {
        String name = "2." + System.identityHashCode(script) + "." + script.hashCode();
        api.post(
                        "/agents/" + agent + "/versions",
                        new JsonObject()
                                .put("version", name)
                                .put("command", new JsonArray(List.of("/bin/sh", "-c", script))))
                .is(201);
        return name;
    }

    JsonObject get(long agent) {
        return api.get("/agents/" + agent + "/deployment").is(200).json();
    }

    JsonObject await(long agent, Predicate<JsonObject> wanted) {
        var last = new AtomicReference<>(new JsonObject());
        Awaitility.await("deployment of agent " + agent)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(() -> {
                    last.set(get(agent));
                    assertThat(wanted.test(last.get()))
                            .as(last.get().encodePrettily() + events(agent))
                            .isTrue();
                });
        return last.get();
    }

    /** All of them are of the present revision, and nothing else is left. */
    JsonObject awaitDone(long agent, int replicas) {
        return await(
                agent,
                d -> "healthy".equals(d.getString("rollout"))
                        && d.getInteger("healthy_replicas") == replicas
                        && d.getJsonArray("instances").size() == replicas);
    }

    JsonObject awaitReplica(long agent, Predicate<JsonObject> wanted) {
        JsonObject d = await(agent, found -> instances(found).anyMatch(wanted));
        return instances(d).filter(wanted).findFirst().orElseThrow();
    }

    static Stream<JsonObject> instances(JsonObject deployment) {
        return deployment.getJsonArray("instances").stream().map(JsonObject.class::cast);
    }

    List<String> events(long agent) {
        return api.items("/agents/" + agent + "/deployment/events?limit=200").stream()
                .map(JsonObject.class::cast)
                .map(e -> e.getString("kind") + ": " + e.getString("message"))
                .toList();
    }

    List<String> kinds(long agent) {
        return events(agent).stream().map(e -> e.split(":")[0]).toList();
    }

    void stop(long agent) {
        api.delete("/agents/" + agent + "/deployment").is(202);
        await(agent, d -> "stopped".equals(d.getString("state")));
    }
}
