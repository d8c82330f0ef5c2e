package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.jobs.runner.Launch;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is made in the cluster for one replica of an attempt: a Job and two Secrets that it owns, so that all of it goes
 * together. The Job is made suspended, for its Secrets need its id and its pod needs them.
 */
final class JobManifest {
    private final KubernetesSettings settings;
    private final String server;
    private final PodLayout layout;
    private final PodManifest pods;

    /** @param server the label of whose Jobs these are */
    JobManifest(KubernetesSettings settings, String server) {
        this.settings = settings;
        this.server = server;
        this.layout = new PodLayout(settings);
        this.pods = new PodManifest(settings, layout);
    }

    Job job(String image, Launch launch) {
        AttemptName name = AttemptName.of(launch);
        Map<String, String> labels = name.labels(server);
        return new JobBuilder()
                .withMetadata(new ObjectMetaBuilder()
                        .withName(name.name())
                        .withLabels(labels)
                        .build())
                .withNewSpec()
                .withSuspend(true)
                .withBackoffLimit(0)
                .withParallelism(1)
                .withCompletions(1)
                .withPodReplacementPolicy("Failed") // or a pod that is being deleted has a second one beside it
                .withTtlSecondsAfterFinished((int) settings.ttl().toSeconds())
                .withTemplate(new PodTemplateSpecBuilder()
                        .withNewMetadata()
                        .withLabels(labels)
                        .endMetadata()
                        .withSpec(pods.spec(image, launch))
                        .build())
                .endSpec()
                .build();
    }

    List<Secret> secrets(Launch launch, Job owner) {
        AttemptName name = AttemptName.of(launch);
        return List.of(
                secret(name, name.env(), owner, layout.env(launch)),
                secret(name, name.files(), owner, Map.of(PodLayout.SPEC, launch.specJson())));
    }

    private Secret secret(AttemptName name, String called, Job job, Map<String, String> data) {
        return new SecretBuilder()
                .withMetadata(new ObjectMetaBuilder()
                        .withName(called)
                        .withLabels(name.labels(server))
                        .withOwnerReferences(owner(job))
                        .build())
                .withType("Opaque")
                .withStringData(data)
                .build();
    }

    private static OwnerReference owner(Job job) {
        return new OwnerReferenceBuilder()
                .withApiVersion("batch/v1")
                .withKind("Job")
                .withName(job.getMetadata().getName())
                .withUid(job.getMetadata().getUid())
                .withController(false)
                .withBlockOwnerDeletion(false)
                .build();
    }

    /** The condition that ended a Job, if one has. */
    static Optional<JobCondition> end(Job job) {
        return job.getStatus() == null
                ? Optional.empty()
                : job.getStatus().getConditions().stream()
                        .filter(c -> "True".equals(c.getStatus())
                                && (c.getType().equals("Complete")
                                        || c.getType().equals("Failed")))
                        .findFirst();
    }
}
