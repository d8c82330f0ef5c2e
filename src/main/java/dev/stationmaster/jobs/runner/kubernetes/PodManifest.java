package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.Resources;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EmptyDirVolumeSourceBuilder;
import io.fabric8.kubernetes.api.model.LocalObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The pod of one replica: one container, shut in. */
final class PodManifest {
    static final String CONTAINER = "program";
    private static final String WORK = "work";
    private static final String FILES = "files";
    private static final String TMP = "tmp";
    /** A pod's own deadline is for the case that no server is left to end it. */
    private static final Duration SPARE = Duration.ofMinutes(1);

    private final KubernetesSettings settings;
    private final PodLayout layout;

    PodManifest(KubernetesSettings settings, PodLayout layout) {
        this.settings = settings;
        this.layout = layout;
    }

    PodSpec spec(String image, Launch launch) {
        var spec = new PodSpecBuilder()
                .withRestartPolicy("Never")
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withTerminationGracePeriodSeconds(graceSeconds(launch.grace()))
                .withActiveDeadlineSeconds(deadline(launch))
                .withImagePullSecrets(settings.imagePullSecrets().stream()
                        .map(name ->
                                new LocalObjectReferenceBuilder().withName(name).build())
                        .toList())
                .withTolerations(settings.nodes().tolerations())
                .withVolumes(volumes(launch))
                .withContainers(container(image, launch));
        if (!settings.nodes().selector().isEmpty()) {
            spec.withNodeSelector(settings.nodes().selector());
        }
        settings.serviceAccount().ifPresent(spec::withServiceAccountName);
        settings.priorityClass().ifPresent(spec::withPriorityClassName);
        var security = spec.withNewSecurityContext()
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile();
        settings.runAsUser()
                .ifPresent(user ->
                        security.withRunAsUser(user).withRunAsGroup(user).withFsGroup(user));
        return security.endSecurityContext().build();
    }

    /** The least is a second: none would be SIGKILL without SIGTERM. */
    static long graceSeconds(Duration grace) {
        return Math.max(1, grace.plusMillis(999).toSeconds());
    }

    /** Counts from when a node took the pod; the deadline of a Job would count from before, and take the log away. */
    private @Nullable Long deadline(Launch launch) {
        Duration limit = launch.wallClockLimit();
        return limit == null
                ? null
                : Long.valueOf(limit.plus(launch.grace())
                        .plus(settings.patience().start())
                        .plus(SPARE)
                        .toSeconds());
    }

    private Container container(String image, Launch launch) {
        var container = new ContainerBuilder()
                .withName(CONTAINER)
                .withImage(image)
                .withWorkingDir(PodLayout.workingDir(launch))
                .withResources(resources(launch.limits()))
                .withVolumeMounts(mounts(launch));
        PodHealth.probe(launch.service()).ifPresent(container::withReadinessProbe);
        List<String> command = PodLayout.literally(launch.command());
        if (!command.isEmpty()) {
            container.withCommand(command.get(0)).withArgs(command.subList(1, command.size()));
        }
        return container
                .addNewEnvFrom()
                .withNewSecretRef(AttemptName.of(launch).env(), false)
                .endEnvFrom()
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(settings.readOnlyRoot())
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .endSecurityContext()
                .build();
    }

    private ResourceRequirements resources(Resources limits) {
        Map<String, Quantity> each = new TreeMap<>();
        if (limits.cpuMillis() > 0) {
            each.put("cpu", new Quantity(limits.cpuMillis() + "m"));
        }
        if (limits.memoryBytes() > 0) {
            each.put("memory", new Quantity(Long.toString(limits.memoryBytes())));
        }
        if (limits.gpus() > 0) {
            each.put(settings.gpuResource(), new Quantity(Integer.toString(limits.gpus())));
        }
        return new ResourceRequirementsBuilder()
                .withRequests(each)
                .withLimits(each)
                .build();
    }

    private List<Volume> volumes(Launch launch) {
        var volumes = new ArrayList<Volume>();
        var work = new VolumeBuilder().withName(WORK);
        volumes.add(settings.volumeClaim()
                .map(claim -> work.withNewPersistentVolumeClaim(claim, false).build())
                .orElseGet(() -> work.withEmptyDir(new EmptyDirVolumeSourceBuilder()
                                .withSizeLimit(size(launch.limits().storageBytes()))
                                .build())
                        .build()));
        volumes.add(new VolumeBuilder()
                .withName(FILES)
                .withNewSecret()
                .withSecretName(AttemptName.of(launch).files())
                .endSecret()
                .build());
        volumes.add(new VolumeBuilder()
                .withName(TMP)
                .withEmptyDir(new EmptyDirVolumeSourceBuilder()
                        .withSizeLimit(size(settings.tmpBytes()))
                        .build())
                .build());
        return volumes;
    }

    private static @Nullable Quantity size(long bytes) {
        return bytes > 0 ? new Quantity(Long.toString(bytes)) : null;
    }

    private List<VolumeMount> mounts(Launch launch) {
        var mounts = new ArrayList<VolumeMount>();
        PodLayout.folders(launch)
                .values()
                .forEach(folder -> mounts.add(new VolumeMountBuilder()
                        .withName(WORK)
                        .withMountPath(PodLayout.JOB_DIR + "/" + folder)
                        .withSubPath(layout.subPath(launch, folder))
                        .build()));
        mounts.add(new VolumeMountBuilder()
                .withName(FILES)
                .withMountPath(PodLayout.FILES_DIR)
                .withReadOnly(true)
                .build());
        mounts.add(new VolumeMountBuilder().withName(TMP).withMountPath("/tmp").build());
        return mounts;
    }
}
