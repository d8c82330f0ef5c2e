package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.jobs.runner.Exit;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a pod's status means.
 *
 * @param text for people: why it waits (empty where nobody says), or how it ended
 * @param exit of a pod that ended; null otherwise
 */
record PodState(Kind kind, String text, @Nullable Exit exit) {
    enum Kind {
        /** No node has taken it. */
        WAITS_FOR_NODE,
        /** On a node; its image is pulled or its volumes are mounted. */
        STARTS,
        /** Its image can't be had just now. */
        NO_IMAGE,
        /** Never will it run as it is. */
        REFUSED,
        RUNS,
        ENDED
    }

    private static final Set<String> NO_IMAGE_REASONS =
            Set.of("ErrImagePull", "ImagePullBackOff", "ImageInspectError", "ErrImageNeverPull", "RegistryUnavailable");
    private static final Set<String> REFUSED_REASONS = Set.of("CreateContainerConfigError", "CreateContainerError");
    private static final Set<String> NEVER_RAN = Set.of("StartError", "ContainerCannotRun");

    static PodState of(Pod pod, long memoryLimitBytes) {
        if (pod.getStatus() == null) {
            return new PodState(Kind.WAITS_FOR_NODE, "", null);
        }
        Optional<ContainerState> container = container(pod);
        var ended = container.map(ContainerState::getTerminated);
        if (ended.isPresent() && NEVER_RAN.contains(String.valueOf(ended.get().getReason()))) {
            return new PodState(
                    Kind.REFUSED, "its program can't be started: " + ended.get().getMessage(), null);
        }
        String phase = pod.getStatus().getPhase();
        if (ended.isPresent() || "Failed".equals(phase) || "Succeeded".equals(phase)) {
            Exit exit = PodExit.of(pod, ended.orElse(null), memoryLimitBytes);
            return new PodState(Kind.ENDED, exit.message(), exit);
        }
        if (container.map(ContainerState::getRunning).isPresent()) {
            return new PodState(Kind.RUNS, "running", null);
        }
        return waiting(pod, container);
    }

    private static PodState waiting(Pod pod, Optional<ContainerState> container) {
        String node = pod.getSpec().getNodeName();
        if (node == null) {
            String why =
                    condition(pod, "PodScheduled").map(PodCondition::getMessage).orElse("");
            return new PodState(Kind.WAITS_FOR_NODE, why.isEmpty() ? "" : "waiting for a node: " + why, null);
        }
        var waits = container.map(ContainerState::getWaiting);
        String reason = waits.map(w -> w.getReason()).orElse("ContainerCreating");
        String more = waits.map(w -> w.getMessage()).map(text -> ": " + text).orElse("");
        if (reason.equals("InvalidImageName")) {
            return new PodState(Kind.NO_IMAGE, "the name of its image is not valid" + more, null);
        }
        if (NO_IMAGE_REASONS.contains(reason)) {
            return new PodState(Kind.NO_IMAGE, "its image can't be pulled (" + reason + ")" + more, null);
        }
        return REFUSED_REASONS.contains(reason)
                ? new PodState(Kind.REFUSED, "its container can't be made (" + reason + ")" + more, null)
                : new PodState(
                        Kind.STARTS,
                        "on node " + node + ": pulling the image, mounting volumes (" + reason + ")" + more,
                        null);
    }

    static Optional<PodCondition> condition(Pod pod, String type) {
        return pod.getStatus().getConditions().stream()
                .filter(c -> type.equals(c.getType()))
                .findFirst();
    }

    private static Optional<ContainerState> container(Pod pod) {
        List<ContainerStatus> all = pod.getStatus().getContainerStatuses();
        return all.stream()
                .filter(c -> PodManifest.CONTAINER.equals(c.getName()))
                .findFirst()
                .map(ContainerStatus::getState);
    }
}
