package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.platform.config.SettingsReader;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How pods are run.
 *
 * @param kubeconfig a file; empty: where the client looks by default
 * @param namespace empty: as the kubeconfig or the server's own pod says
 * @param maxCpuMillis of one job
 * @param nodes where pods may run
 * @param runAsUser the program's user and group; empty: as the image says
 * @param volumeClaim holds checkpoints and artifacts; empty: gone with the pod
 * @param serverUrl this server as pods reach it; empty: its public URL
 * @param ttl how long ended Jobs stay
 */
public record KubernetesSettings(
        boolean enabled,
        Optional<String> kubeconfig,
        Optional<String> context,
        Optional<String> namespace,
        int maxJobs,
        long maxCpuMillis,
        Optional<String> serviceAccount,
        List<String> imagePullSecrets,
        NodeRules nodes,
        Optional<String> priorityClass,
        String gpuResource,
        boolean readOnlyRoot,
        Optional<Long> runAsUser,
        long tmpBytes,
        Optional<String> volumeClaim,
        String volumePath,
        Optional<String> serverUrl,
        Patience patience,
        Duration ttl,
        SetCapacity capacity) {
    private static final Duration SECOND = Duration.ofSeconds(1);

    /**
     * How long what is waited for.
     *
     * @param image for an image or a configuration that is refused
     * @param node for a node with room
     * @param start for a container on its node
     * @param silence for a cluster that does not answer
     */
    public record Patience(Duration image, Duration node, Duration start, Duration silence) {}

    /** What the operator says that there is; empty: find out. */
    public record SetCapacity(Optional<Long> cpuMillis, Optional<Long> memoryBytes, Optional<Integer> gpus) {}

    public static KubernetesSettings read(SettingsReader r) {
        return new KubernetesSettings(
                r.bool("runners.kubernetes_enabled"),
                r.optional("runners.kubernetes_kubeconfig"),
                r.optional("runners.kubernetes_context"),
                r.optional("runners.kubernetes_namespace"),
                r.integer("runners.kubernetes_max_jobs", 1, 10_000),
                r.quantity("jobs.max_cpu_per_job").movePointRight(3).longValue(),
                r.optional("runners.kubernetes_service_account"),
                list(r.string("runners.kubernetes_image_pull_secrets")),
                NodeRules.read(r),
                r.optional("runners.kubernetes_priority_class"),
                r.string("runners.kubernetes_gpu_resource"),
                r.bool("runners.kubernetes_read_only_root"),
                r.optional("runners.kubernetes_run_as_user")
                        .map(set -> (long) r.integer("runners.kubernetes_run_as_user", 0, Integer.MAX_VALUE)),
                r.bytes("runners.kubernetes_tmp_size", 0, 1L << 40),
                r.optional("runners.kubernetes_volume_claim"),
                r.string("runners.kubernetes_volume_path"),
                r.optional("runners.kubernetes_server_url"),
                new Patience(
                        seconds(r, "image_patience", Duration.ofDays(1)),
                        seconds(r, "unschedulable_limit", Duration.ofDays(30)),
                        seconds(r, "start_limit", Duration.ofDays(1)),
                        seconds(r, "silence_limit", Duration.ofDays(1))),
                r.seconds("runners.kubernetes_ttl_seconds", Duration.ofMinutes(1), Duration.ofDays(30)),
                capacity(r));
    }

    private static Duration seconds(SettingsReader r, String name, Duration max) {
        return r.seconds("runners.kubernetes_" + name + "_seconds", SECOND, max);
    }

    private static SetCapacity capacity(SettingsReader r) {
        return new SetCapacity(
                r.optional("runners.kubernetes_cpu").map(set -> r.quantity("runners.kubernetes_cpu")
                        .movePointRight(3)
                        .longValue()),
                r.optional("runners.kubernetes_memory")
                        .map(set -> r.quantity("runners.kubernetes_memory").longValue()),
                r.optional("runners.kubernetes_gpus").map(set -> r.integer("runners.kubernetes_gpus", 0, 1_000_000)));
    }

    static List<String> list(String commas) {
        return Arrays.stream(commas.split(","))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .toList();
    }
}
