package dev.stationmaster.jobs.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stationmaster.jobs.runner.RunnerKit.Recorder;
import dev.stationmaster.jobs.runner.kubernetes.KubernetesRunner;
import dev.stationmaster.jobs.runner.kubernetes.KubernetesSettings;
import dev.stationmaster.platform.config.SettingsSource;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.testing.kubernetes.FakeCluster;
import dev.stationmaster.testing.kubernetes.FakePod;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is seen only beside a server: two runners on one cluster, a cluster that goes away, what it is asked for. */
class KubernetesRunnerTest {
    @TempDir
    Path temp;

    private Vertx vertx;
    private RunnerKit kit;
    private FakeCluster cluster;
    private final List<Runner> runners = new ArrayList<>();

    @BeforeEach
    void start() {
        vertx = Vertx.vertx();
        kit = new RunnerKit(vertx, temp);
        cluster = new FakeCluster();
    }

    @AfterEach
    void stop() {
        runners.forEach(runner -> kit.onLoop(() -> runner.close(Duration.ofMillis(100))));
        vertx.close().await();
        cluster.close();
    }

    private KubernetesRunner runner(String server, String... more) {
        Map<String, String> set = new LinkedHashMap<>();
        set.put("runners.kubernetes_kubeconfig", cluster.kubeconfig(temp).toString());
        for (int i = 0; i < more.length; i += 2) {
            set.put(more[i], more[i + 1]);
        }
        var settings = KubernetesSettings.read(SettingsSource.read(null, Map.of(), set));
        var runner = new KubernetesRunner(vertx, Clock.system(), settings, server, 65_536);
        runners.add(runner);
        return runner;
    }

    private Launch launch() {
        return kit.command("train")
                .image("example.org/trainer:1")
                .memory(64 << 20)
                .build();
    }

    private FakePod podOf(Launch launch) {
        return cluster.podOf(launch.jobId().toString());
    }

    /** Its pod runs. */
    private FakePod launched(Runner runner, Launch launch, Recorder recorder) {
        Promise<Void> started = Promise.promise();
        kit.onLoop(() -> {
            runner.launch(launch, recorder).onComplete(started);
            return Future.succeededFuture();
        });
        FakePod pod = podOf(launch).runs();
        RunnerKit.await(started.future());
        return pod;
    }

    private static void awaitLines(Recorder recorder, int count) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> recorder.lines.size() >= count);
    }

    @Test
    void the_next_server_takes_up_what_the_last_one_let_go() {
        Launch launch = launch();
        var first = new Recorder();
        Runner before = runner("one");
        FakePod pod = launched(before, launch, first).says("a", "b");
        awaitLines(first, 2);
        kit.onLoop(() -> before.close(Duration.ofSeconds(1)));
        pod.says("c");

        Runner after = runner("two");
        var second = new Recorder();
        assertThat(kit.onLoop(() -> after.adopt(launch, second))).isTrue();
        assertThat(kit.onLoop(after::cleanUp)).isZero();
        awaitLines(second, 3);
        pod.says("d").exits(0);
        assertThat(second.exit()).isEqualTo(new Exit(Exit.Cause.EXITED, 0, "exited with code 0"));
        assertThat(second.lines).containsExactly("a", "b", "c", "d");
        assertThat(first.lines).containsExactly("a", "b");
        assertThat(first.exits).isZero();
        assertThat(pod.json().getJsonObject("metadata").getJsonObject("labels").getString("stationmaster.dev/server"))
                .isEqualTo("two");
    }

    @Test
    void one_that_ended_meanwhile_is_told_as_it_ended() {
        Launch launch = launch();
        Runner before = runner("one");
        FakePod pod = launched(before, launch, new Recorder());
        kit.onLoop(() -> before.close(Duration.ofSeconds(1)));
        pod.says("done").exits(4);
        var told = new Recorder();
        Runner after = runner("one");
        assertThat(kit.onLoop(() -> after.adopt(launch, told))).isTrue();
        assertThat(told.exit().code()).isEqualTo(4);
        assertThat(told.lines).containsExactly("done");
    }

    @Test
    void what_left_no_trace_is_not_adopted() {
        Runner runner = runner("one");
        assertThat(kit.onLoop(() -> runner.adopt(launch(), new Recorder()))).isFalse();
    }

    @Test
    void only_its_own_orphans_are_deleted() {
        Launch mine = launch();
        Launch others = launch();
        Runner before = runner("one");
        Runner other = runner("two");
        launched(before, mine, new Recorder());
        FakePod stays = launched(other, others, new Recorder());
        kit.onLoop(() -> before.close(Duration.ofSeconds(1)));
        Runner after = runner("one");
        assertThat(kit.onLoop(after::cleanUp)).isEqualTo(1);
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(cluster.objects("pods"))
                .hasSize(1));
        assertThat(stays.isGone()).isFalse();
        assertThat(cluster.objects("secrets")).hasSize(2);
    }

    @Test
    void a_job_that_belongs_to_no_attempt_is_found_later_too() {
        Runner runner = runner("one");
        launched(runner, launch(), new Recorder());
        kit.onLoop(runner::cleanUp);
        JsonObject stray = cluster.objects("jobs").get(0).copy();
        stray.getJsonObject("metadata").put("name", "sm-stray");
        stray.getJsonObject("metadata").getJsonObject("labels").put("stationmaster.dev/lease", "4711");
        stray.put("status", new JsonObject());
        cluster.create("jobs", stray);
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(cluster.objects("jobs"))
                .hasSize(1));
        assertThat(cluster.objects("jobs").get(0).encode()).doesNotContain("sm-stray");
    }

    @Test
    void a_gang_does_not_outlive_its_server() {
        Launch gang = kit.command("train").image("img").replicas(2).build();
        var recorder = new Recorder();
        Runner runner = runner("one");
        launched(runner, gang, recorder);
        kit.onLoop(() -> runner.close(Duration.ofSeconds(1)));
        assertThat(recorder.exit().cause()).isEqualTo(Exit.Cause.STOPPED);
        assertThat(cluster.objects("pods")).isEmpty();
    }

    @Test
    void a_silent_cluster_is_offered_nothing_and_takes_nothing_away() {
        Launch launch = launch();
        var recorder = new Recorder();
        Runner runner = runner("one");
        FakePod pod = launched(runner, launch, recorder);
        assertThat(runner.available()).isTrue();
        cluster.down();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !runner.available());
        pod.says("meanwhile").exits(0);
        cluster.up();
        assertThat(recorder.exit().code()).isZero();
        assertThat(recorder.lines).containsExactly("meanwhile");
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(runner::available);
    }

    @Test
    void one_that_is_silent_for_too_long_has_lost_its_jobs() {
        var recorder = new Recorder();
        Runner runner = runner("one", "runners.kubernetes_silence_limit_seconds", "1");
        launched(runner, launch(), recorder);
        kit.onLoop(runner::cleanUp);
        cluster.down();
        assertThat(recorder.exit().cause()).isEqualTo(Exit.Cause.LOST);
        assertThat(recorder.exit().message()).isEqualTo("the cluster did not answer for 1 s");
        cluster.up();
    }

    @Test
    void a_server_starts_without_its_cluster() {
        cluster.down();
        Runner runner = runner("one");
        assertThat(runner.available()).isFalse();
        assertThat(runner.capacity().cpuMillis()).isZero();
        assertThat(kit.onLoop(runner::cleanUp)).isZero();
        cluster.up();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(runner::available);
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> runner.capacity().cpuMillis() == 16_000);
    }

    @Test
    void a_fast_writer_is_held_back_and_every_line_comes_in_order() {
        var recorder = new Recorder(lines -> vertx.timer(1).mapEmpty());
        Runner runner = runner("one");
        FakePod pod = launched(runner, launch(), recorder);
        IntStream.range(0, 5_000).forEach(i -> pod.says("line " + i));
        pod.exits(0);
        assertThat(recorder.exit().code()).isZero();
        assertThat(recorder.lines)
                .isEqualTo(IntStream.range(0, 5_000).mapToObj(i -> "line " + i).toList());
    }

    @Test
    void the_file_that_asks_for_room_appears_in_the_pod() throws IOException {
        Path file = temp.resolve("preempt.json");
        Launch launch = kit.command("train")
                .image("img")
                .env("STATIONMASTER_PREEMPT_FILE", file.toString())
                .build();
        launched(runner("one"), launch, new Recorder());
        Files.writeString(file, "{\"should_preempt\":true}");
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> cluster.objects("secrets").stream()
                .anyMatch(s -> s.getJsonObject("data").containsKey("preempt.json")));
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> podOf(launch).json().encode().contains("stationmaster.dev/preempt.json"));
    }

    /** One connection each, but no thread. */
    @Test
    void a_hundred_pods_run_at_once() {
        Runner runner = runner("one");
        kit.onLoop(runner::cleanUp);
        int before = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.getName().startsWith("fake-cluster"))
                .toList()
                .size();
        List<Launch> launches = IntStream.range(0, 100).mapToObj(i -> launch()).toList();
        var recorders = new LinkedHashMap<Launch, Recorder>();
        launches.forEach(launch -> recorders.put(launch, new Recorder()));
        var starts = new ArrayList<Future<Void>>();
        kit.onLoop(() -> {
            recorders.forEach((launch, recorder) -> starts.add(runner.launch(launch, recorder)));
            return Future.succeededFuture();
        });
        List<FakePod> pods = launches.stream()
                .map(launch -> podOf(launch).runs().says("hello"))
                .toList();
        RunnerKit.await(Future.all(starts));
        recorders.values().forEach(recorder -> RunnerKit.await(recorder.firstLine.future()));
        assertThat(Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> !thread.getName().startsWith("fake-cluster")))
                .hasSizeLessThan(before + 40);
        pods.forEach(pod -> pod.exits(0));
        assertThat(recorders.values())
                .allSatisfy(recorder -> assertThat(recorder.exit().code()).isZero());
    }

    private void refused(Runner runner, Launch launch, String reason, String message) {
        assertThatThrownBy(() -> kit.launch(runner, launch)).isInstanceOfSatisfying(LaunchException.class, e -> {
            assertThat(e.reason()).isEqualTo(reason);
            assertThat(e).hasMessageContaining(message);
        });
    }

    @Test
    void what_can_not_be_run_is_refused() {
        Runner runner = runner("one", "runners.kubernetes_max_jobs", "1", "jobs.max_cpu_per_job", "1500m");
        refused(runner, kit.command("train").build(), "setup_failed", "The agent has no docker_image.");
        refused(runner, kit.command("x").image("img").replicas(2).build(), "setup_failed", "a job may have 1500m");
        launched(runner, launch(), new Recorder());
        refused(runner, launch(), "runner_full", "as many pods as it may (1)");
    }

    @Test
    void what_the_cluster_refuses_is_said() {
        Runner runner = runner("one");
        cluster.forbid("secrets");
        refused(runner, launch(), "setup_failed", "secrets is forbidden");
    }

    @Test
    void it_holds_what_ready_nodes_have_and_the_quota_allows() {
        cluster.node("node-2", "8", "32Gi", 0);
        cluster.node("node-3", "64", "512Gi", 8);
        cluster.cordon("node-3");
        Runner nodes = runner("one");
        assertThat(nodes.capacity().cpuMillis()).isEqualTo(24_000);
        assertThat(nodes.capacity().gpus()).isEqualTo(4);
        assertThat(nodes.largest().cpuMillis()).isEqualTo(16_000);
        cluster.quota(Map.of("requests.cpu", "20", "limits.memory", "10Gi", "requests.nvidia.com/gpu", "1"));
        Runner quota = runner("one");
        assertThat(quota.capacity().cpuMillis()).isEqualTo(20_000);
        assertThat(quota.capacity().memoryBytes()).isEqualTo(10L << 30);
        assertThat(quota.largest().memoryBytes()).isEqualTo(10L << 30);
        assertThat(quota.capacity().gpus()).isEqualTo(1);
        cluster.forbid("nodes");
        assertThat(runner("one").capacity().cpuMillis()).isEqualTo(20_000);
        assertThat(runner("one", "runners.kubernetes_cpu", "3").capacity().cpuMillis())
                .isEqualTo(3_000);
    }

    @Test
    void the_manifest_allows_all_that_it_does_and_nothing_else() throws IOException {
        Path file = temp.resolve("preempt.json");
        Files.writeString(file, "{}");
        Launch launch = kit.command("train")
                .image("img")
                .env("STATIONMASTER_PREEMPT_FILE", file.toString())
                .build();
        Runner first = runner("one");
        launched(first, launch, new Recorder());
        kit.onLoop(first::cleanUp);
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> cluster.used()
                .contains("patch secrets"));
        kit.onLoop(() -> first.close(Duration.ofSeconds(1)));
        Runner second = runner("two");
        var recorder = new Recorder();
        kit.onLoop(() -> second.adopt(launch, recorder));
        kit.stop(second, launch, Duration.ofSeconds(1));
        assertThat(recorder.exit().cause()).isEqualTo(Exit.Cause.STOPPED);
        assertThat(allowed()).containsExactlyElementsOf(new TreeSet<>(cluster.used()));
    }

    private static Set<String> allowed() throws IOException {
        var allowed = new TreeSet<String>();
        for (String part :
                Files.readString(Path.of("docker/kubernetes/runner-rbac.yaml")).split("\n---\n")) {
            Object read = new KubernetesSerialization().unmarshal(part);
            List<PolicyRule> rules = read instanceof Role role
                    ? role.getRules()
                    : read instanceof ClusterRole role ? role.getRules() : List.of();
            rules.forEach(rule -> rule.getResources()
                    .forEach(resource -> rule.getVerbs().forEach(verb -> allowed.add(verb + " " + resource))));
        }
        return allowed;
    }
}
