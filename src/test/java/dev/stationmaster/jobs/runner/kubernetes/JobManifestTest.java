package dev.stationmaster.jobs.runner.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stationmaster.Settings;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.Resources;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class JobManifestTest {
    private static final UUID ID = UUID.fromString("019aa000-0000-7000-8000-000000000001");
    private static final Path FOLDER = Path.of("/data/jobs/f1");

    private static KubernetesSettings settings(String... set) {
        Map<String, String> all = new LinkedHashMap<>();
        for (int i = 0; i < set.length; i += 2) {
            all.put("runners.kubernetes_" + set[i], set[i + 1]);
        }
        return Settings.read(null, Map.of(), all).runners().kubernetes();
    }

    private static Launch launch(Duration limit) {
        return new Launch(
                ID,
                7,
                2,
                1,
                2,
                "img",
                List.of("sh", "-c", "echo $$ $HOME $(date) $(HOME)"),
                Map.of(
                        "STATIONMASTER_CHECKPOINT_DIR", FOLDER + "/checkpoints",
                        "STATIONMASTER_ARTIFACT_DIR", FOLDER + "/artifacts/" + ID,
                        "STATIONMASTER_SPEC", FOLDER + "/attempt-1/spec.json",
                        "STATIONMASTER_URL", "http://localhost:8000",
                        "API_KEY", "s3cret"),
                FOLDER.resolve("attempt-1"),
                FOLDER,
                new Resources(1500, 2L << 30, 2, 5L << 30),
                limit,
                Duration.ofMillis(2500),
                "{\"name\":1}",
                null);
    }

    private static Job job(KubernetesSettings settings) {
        Job job = new JobManifest(settings, "server-1").job("img", launch(Duration.ofSeconds(100)));
        job.getMetadata().setUid("u1");
        return job;
    }

    private static PodSpec pod(KubernetesSettings settings) {
        return job(settings).getSpec().getTemplate().getSpec();
    }

    private static Container container(PodSpec pod) {
        return pod.getContainers().get(0);
    }

    @Test
    void a_job_is_tried_once_and_known_by_its_labels() {
        Job job = job(settings("ttl_seconds", "120"));
        assertThat(job.getMetadata().getName()).isEqualTo("sm-" + ID + "-7-1").hasSizeLessThan(64);
        assertThat(AttemptName.of(job)).contains(new AttemptName(ID, 7, 1));
        assertThat(job.getMetadata().getLabels())
                .containsEntry("stationmaster.dev/server", "server-1")
                .containsEntry("app.kubernetes.io/managed-by", "stationmaster");
        assertThat(job.getSpec().getTemplate().getMetadata().getLabels())
                .isEqualTo(job.getMetadata().getLabels());
        assertThat(job.getSpec().getBackoffLimit()).isZero();
        assertThat(job.getSpec().getTtlSecondsAfterFinished()).isEqualTo(120);
        assertThat(job.getSpec().getSuspend()).isTrue();
    }

    @Test
    void a_pod_is_shut_in() {
        PodSpec pod = pod(settings());
        assertThat(pod.getRestartPolicy()).isEqualTo("Never");
        assertThat(pod.getAutomountServiceAccountToken()).isFalse();
        assertThat(pod.getTerminationGracePeriodSeconds()).isEqualTo(3);
        assertThat(pod.getActiveDeadlineSeconds()).isGreaterThan(102);
        assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
        var security = container(pod).getSecurityContext();
        assertThat(security.getAllowPrivilegeEscalation()).isFalse();
        assertThat(security.getReadOnlyRootFilesystem()).isTrue();
        assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
        assertThat(new JobManifest(settings(), "s")
                        .job("img", launch(null))
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getActiveDeadlineSeconds())
                .isNull();
    }

    @Test
    void it_gets_what_it_asks_for_and_no_more() {
        var resources = container(pod(settings("gpu_resource", "amd.com/gpu"))).getResources();
        assertThat(resources.getRequests()).isEqualTo(resources.getLimits());
        assertThat(resources.getLimits())
                .containsEntry("cpu", new Quantity("1500m"))
                .containsEntry("memory", new Quantity("2147483648"))
                .containsEntry("amd.com/gpu", new Quantity("2"));
    }

    @Test
    void its_command_is_what_the_agent_says() {
        Container container = container(pod(settings()));
        assertThat(container.getCommand()).containsExactly("sh");
        assertThat(container.getArgs()).containsExactly("-c", "echo $$$$ $$HOME $$(date) $$(HOME)");
        assertThat(container.getWorkingDir()).isNull();
    }

    @Test
    void values_and_files_are_in_secrets_that_the_job_owns() {
        var settings = settings("server_url", "http://stationmaster:8000");
        Job job = job(settings);
        List<Secret> secrets = new JobManifest(settings, "s").secrets(launch(null), job);
        assertThat(secrets).allSatisfy(secret -> {
            assertThat(secret.getMetadata().getOwnerReferences().get(0).getUid())
                    .isEqualTo("u1");
            assertThat(secret.getMetadata().getName())
                    .startsWith(job.getMetadata().getName());
        });
        assertThat(secrets.get(0).getStringData())
                .containsEntry("API_KEY", "s3cret")
                .containsEntry("STATIONMASTER_URL", "http://stationmaster:8000")
                .containsEntry("STATIONMASTER_SPEC", "/stationmaster/files/spec.json")
                .containsEntry("STATIONMASTER_PREEMPT_FILE", "/stationmaster/files/preempt.json")
                .containsEntry("STATIONMASTER_ARTIFACT_DIR", "/stationmaster/job/artifacts/" + ID);
        assertThat(secrets.get(1).getStringData()).containsExactly(Map.entry("spec.json", "{\"name\":1}"));
        assertThat(job.toString()).doesNotContain("s3cret");
        assertThat(container(job.getSpec().getTemplate().getSpec())
                        .getEnvFrom()
                        .get(0)
                        .getSecretRef()
                        .getName())
                .isEqualTo(secrets.get(0).getMetadata().getName());
    }

    @Test
    void checkpoints_are_in_the_pod_or_in_a_claim() {
        PodSpec lost = pod(settings());
        assertThat(lost.getVolumes().get(0).getEmptyDir().getSizeLimit()).isEqualTo(new Quantity("5368709120"));
        assertThat(container(lost).getVolumeMounts()).anySatisfy(mount -> {
            assertThat(mount.getMountPath()).isEqualTo("/stationmaster/job/checkpoints");
            assertThat(mount.getSubPath()).isEqualTo("checkpoints");
        });
        PodSpec kept = pod(settings("volume_claim", "shared", "volume_path", "/jobs/"));
        assertThat(kept.getVolumes().get(0).getPersistentVolumeClaim().getClaimName())
                .isEqualTo("shared");
        assertThat(container(kept).getVolumeMounts())
                .anySatisfy(mount -> assertThat(mount.getSubPath()).isEqualTo("jobs/f1/checkpoints"))
                .anySatisfy(mount -> assertThat(mount.getSubPath()).isEqualTo("jobs/f1/artifacts/" + ID));
    }

    @Test
    void operators_say_where_pods_run() {
        PodSpec pod = pod(settings(
                "node_selector", "pool=train, disk=ssd",
                "tolerations", "nvidia.com/gpu:NoSchedule,team=ml:NoExecute",
                "spot", "true",
                "spot_node_selector", "spot=yes",
                "spot_tolerations", "spot:NoSchedule",
                "priority_class", "low",
                "service_account", "trainer",
                "image_pull_secrets", "registry",
                "run_as_user", "1000"));
        assertThat(pod.getNodeSelector()).isEqualTo(Map.of("pool", "train", "disk", "ssd", "spot", "yes"));
        assertThat(pod.getTolerations()).hasSize(3);
        assertThat(pod.getTolerations().get(0).getOperator()).isEqualTo("Exists");
        assertThat(pod.getTolerations().get(1).getValue()).isEqualTo("ml");
        assertThat(pod.getPriorityClassName()).isEqualTo("low");
        assertThat(pod.getServiceAccountName()).isEqualTo("trainer");
        assertThat(pod.getImagePullSecrets().get(0).getName()).isEqualTo("registry");
        assertThat(pod.getSecurityContext().getFsGroup()).isEqualTo(1000);
        assertThat(pod(settings("spot_tolerations", "spot:NoSchedule")).getTolerations())
                .isEmpty();
    }

    @Test
    void settings_that_mean_nothing_are_told_all_at_once() {
        assertThatThrownBy(() -> settings("node_selector", "pool", "tolerations", "gpu:Never"))
                .hasMessageContaining("expected labels such as pool=train")
                .hasMessageContaining("expected taints such as");
        var known = Settings.read(null, Map.of("K8S_NAMESPACE", "training", "K8S_MAX_CONCURRENT_JOBS", "9"), Map.of())
                .runners()
                .kubernetes();
        assertThat(known.namespace()).contains("training");
        assertThat(known.maxJobs()).isEqualTo(9);
    }

    @Test
    void any_server_name_makes_a_label() {
        assertThat(AttemptName.label("host.example-0a1b")).isEqualTo("host.example-0a1b");
        assertThat(AttemptName.label("_a b" + "x".repeat(80) + "-0a1b-"))
                .hasSizeLessThan(64)
                .endsWith("0a1b");
    }
}
