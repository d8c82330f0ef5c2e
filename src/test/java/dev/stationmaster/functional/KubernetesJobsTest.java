package dev.stationmaster.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.Api;
import dev.stationmaster.testing.TestServer;
import dev.stationmaster.testing.kubernetes.FakeCluster;
import dev.stationmaster.testing.kubernetes.FakePod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same job contract in a cluster, whose nodes the test plays. */
class KubernetesJobsTest {
    @TempDir
    static Path temp;

    private static FakeCluster cluster;
    private static TestServer server;
    private static Api api;

    @BeforeAll
    static void start() {
        cluster = new FakeCluster();
        server = TestServer.start(Map.ofEntries(
                Map.entry("runners.kubernetes_enabled", "true"),
                Map.entry(
                        "runners.kubernetes_kubeconfig",
                        cluster.kubeconfig(temp).toString()),
                Map.entry("runners.kubernetes_image_patience_seconds", "1"),
                Map.entry("runners.kubernetes_unschedulable_limit_seconds", "3"),
                Map.entry("runners.kubernetes_silence_limit_seconds", "60"),
                Map.entry("jobs.grace_seconds", "1")));
        api = server.user("developer");
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    private static long agent() {
        return api.post(
                        "/agents",
                        new JsonObject()
                                .put("name", "in-a-pod-" + System.nanoTime())
                                .put("type", "research")
                                .put("docker_image", "example.org/trainer:1")
                                .put("command", new JsonArray(List.of("train", "--price", "$5", "$(HOME)")))
                                .put(
                                        "resource_requirements",
                                        new JsonObject().put("cpu", "500m").put("memory", "64Mi")))
                .is(201)
                .json()
                .getLong("id");
    }

    private static String submit() {
        return api.submit(agent());
    }

    private static JsonObject attempt(String job, int number) {
        return api.items("/jobs/" + job + "/attempts").getJsonObject(number);
    }

    private static void awaitLog(String job, String text) {
        Awaitility.await(text).atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(api.log(job))
                .contains(text));
    }

    private static void nothingLeft(String job) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            for (String kind : List.of("jobs", "pods", "secrets")) {
                assertThat(cluster.objects(kind).stream().filter(o -> o.encode().contains(job)))
                        .as(kind)
                        .isEmpty();
            }
        });
    }

    private static JsonObject secret(String name) {
        JsonObject data = cluster.objects("secrets").stream()
                .filter(s -> s.getJsonObject("metadata").getString("name").equals(name))
                .findFirst()
                .orElseThrow()
                .getJsonObject("data");
        var plain = new JsonObject();
        data.forEach(e -> plain.put(
                e.getKey(), new String(Base64.getDecoder().decode(e.getValue().toString()), StandardCharsets.UTF_8)));
        return plain;
    }

    @Test
    void metrics_and_logs_are_those_of_any_job() {
        String id = submit();
        FakePod pod = cluster.podOf(id).runs();
        api.awaitState(id, "running");
        pod.says("hello", "{\"metrics\":{\"loss\":0.25},\"step\":2,\"total_steps\":2}");
        awaitLog(id, "hello");
        pod.says("", "the last line").exits(0);
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("state")).as(done.encode()).isEqualTo("succeeded");
        assertThat(done.getString("runner")).isEqualTo("kubernetes");
        assertThat(api.log(id).lines().filter(line -> line.contains("last line")))
                .hasSize(1);
        assertThat(done.getJsonObject("metrics").getDouble("loss")).isEqualTo(0.25);
    }

    @Test
    void the_program_gets_its_contract() {
        String id = submit();
        JsonObject pod = cluster.podOf(id).json();
        JsonObject container =
                pod.getJsonObject("spec").getJsonArray("containers").getJsonObject(0);
        assertThat(container.getJsonArray("command")).containsExactly("train");
        assertThat(container.getJsonArray("args")).containsExactly("--price", "$$5", "$$(HOME)");
        assertThat(container.getJsonObject("resources").encode()).contains("500m", "67108864");
        String name = pod.getJsonObject("metadata")
                .getJsonArray("ownerReferences")
                .getJsonObject(0)
                .getString("name");
        JsonObject env = secret(name + "-env");
        assertThat(env.getString("STATIONMASTER_JOB_ID")).isEqualTo(id);
        assertThat(env.getString("STATIONMASTER_CHECKPOINT_DIR")).isEqualTo("/stationmaster/job/checkpoints");
        assertThat(env.getString("STATIONMASTER_SPEC")).isEqualTo("/stationmaster/files/spec.json");
        assertThat(new JsonObject(secret(name + "-files").getString("spec.json")).getString("job_id"))
                .isEqualTo(id);
        cluster.podOf(id).runs().exits(3);
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("reason")).isEqualTo("exit_nonzero");
        assertThat(done.getInteger("exit_code")).isEqualTo(3);
    }

    @Test
    void one_that_uses_more_memory_than_it_may_says_so() {
        String id = submit();
        cluster.podOf(id).runs().exits(137, "OOMKilled");
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("reason")).as(done.encode()).isEqualTo("oom");
        assertThat(done.getString("message")).contains("64 MiB");
    }

    @Test
    void an_image_that_can_not_be_pulled_is_a_clear_reason() {
        String id = submit();
        FakePod pod = cluster.podOf(id).scheduled("node-1");
        pod.waits("ErrImagePull", "not found").waits("ImagePullBackOff", "Back-off pulling image");
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("reason")).as(done.encode()).isEqualTo("image_pull_failed");
        assertThat(done.getString("message")).contains("example.org/trainer:1", "Back-off");
        nothingLeft(id);
    }

    @Test
    void a_program_that_can_not_be_started_is_a_failed_setup() {
        String id = submit();
        cluster.podOf(id).scheduled("node-1").exits(128, "StartError");
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("reason")).as(done.encode()).isEqualTo("setup_failed");
        assertThat(done.getString("message")).contains("exec: not found");
    }

    @Test
    void one_without_a_node_waits_and_says_why() {
        String id = submit();
        FakePod pod = cluster.podOf(id).unschedulable("0/3 nodes are available: 3 Insufficient cpu.");
        awaitLog(id, "Insufficient cpu");
        assertThat(api.job(id).getString("state")).isEqualTo("starting");
        pod.runs().exits(0);
        assertThat(api.awaitEnd(id).getString("state")).isEqualTo("succeeded");
        assertThat(api.log(id).lines().filter(line -> line.contains("Insufficient")))
                .hasSize(1);
    }

    @Test
    void one_that_no_node_takes_is_given_up() {
        String id = submit();
        cluster.podOf(id).unschedulable("0/3 nodes are available: 3 Insufficient memory.");
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("reason")).as(done.encode()).isEqualTo("unschedulable");
        assertThat(done.getString("message")).contains("Insufficient memory");
        nothingLeft(id);
    }

    private static void goesOn(String id) {
        cluster.podOf(id).runs().says("again").exits(0);
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("state")).as(done.encode()).isEqualTo("succeeded");
        assertThat(attempt(id, 0).getString("outcome")).isEqualTo("lost");
        assertThat(attempt(id, 0).getString("reason")).isEqualTo("executor_lost");
    }

    @Test
    void an_evicted_one_is_run_again() {
        String id = submit();
        FakePod pod = cluster.podOf(id).runs();
        api.awaitState(id, "running");
        pod.failed("Evicted", "The node was low on resource: memory.");
        goesOn(id);
    }

    @Test
    void one_whose_place_was_taken_is_run_again() {
        String id = submit();
        FakePod pod = cluster.podOf(id).runs();
        api.awaitState(id, "running");
        pod.disrupted("PreemptionByScheduler", "preempting to accommodate a higher priority pod")
                .exits(143);
        goesOn(id);
        assertThat(attempt(id, 0).encode()).contains("PreemptionByScheduler");
    }

    @Test
    void one_whose_pod_somebody_deletes_is_run_again() {
        String id = submit();
        FakePod pod = cluster.podOf(id).runs();
        api.awaitState(id, "running");
        cluster.delete("pods", pod.name());
        goesOn(id);
        assertThat(attempt(id, 0).encode()).contains("somebody deleted its pod");
    }

    @Test
    void one_whose_job_somebody_deletes_is_run_again() {
        String id = submit();
        FakePod pod = cluster.podOf(id).runs();
        api.awaitState(id, "running");
        String name = pod.json()
                .getJsonObject("metadata")
                .getJsonArray("ownerReferences")
                .getJsonObject(0)
                .getString("name");
        cluster.delete("jobs", name);
        goesOn(id);
    }

    @Test
    void a_cancelled_one_is_asked_then_killed_and_nothing_is_left() {
        String id = submit();
        FakePod pod = cluster.podOf(id).ignoringSigterm().runs();
        api.awaitState(id, "running");
        api.post("/jobs/" + id + "/cancel").is(202);
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("state")).isEqualTo("cancelled");
        assertThat(pod.isGone()).isTrue();
        nothingLeft(id);
    }

    @Test
    void one_that_waits_can_be_cancelled() {
        String id = submit();
        cluster.podOf(id);
        api.post("/jobs/" + id + "/cancel").is(202);
        assertThat(api.awaitEnd(id).getString("state")).isEqualTo("cancelled");
        nothingLeft(id);
    }

    @Test
    void one_that_takes_too_long_is_ended() {
        String id = api.submit(agent(), new JsonObject().put("timeout_seconds", 1));
        FakePod pod = cluster.podOf(id);
        assertThat(pod.json().getJsonObject("spec").getInteger("activeDeadlineSeconds"))
                .isGreaterThan(1);
        pod.runs();
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("reason")).as(done.encode()).isEqualTo("timeout");
        nothingLeft(id);
    }

    @Test
    void no_line_is_lost_or_told_twice_when_connections_break() {
        String id = submit();
        FakePod pod = cluster.podOf(id).runs();
        for (int round = 0; round < 3; round++) {
            int from = round * 100;
            IntStream.range(from, from + 100).forEach(i -> pod.says("line " + i));
            awaitLog(id, "line " + (from + 99));
            if (round == 1) {
                cluster.forgetHistory();
            }
            cluster.cutConnections();
        }
        pod.says("line 300").exits(0);
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("state")).as(done.encode()).isEqualTo("succeeded");
        assertThat(api.log(id).lines().filter(line -> line.contains("line ")))
                .hasSize(301)
                .doesNotHaveDuplicates();
        assertThat(api.items("/jobs/" + id + "/attempts")).hasSize(1);
    }

    @Test
    void the_cluster_may_be_silent_for_a_while() {
        String id = submit();
        FakePod pod = cluster.podOf(id).runs();
        pod.says("before");
        awaitLog(id, "before");
        cluster.down();
        pod.says("meanwhile").exits(0);
        cluster.up();
        JsonObject done = api.awaitEnd(id);
        assertThat(done.getString("state")).as(done.encode()).isEqualTo("succeeded");
        assertThat(api.log(id)).contains("meanwhile");
    }
}
