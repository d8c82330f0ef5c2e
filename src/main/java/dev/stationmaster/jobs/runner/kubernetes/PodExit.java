package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.jobs.runner.Exit;
import dev.stationmaster.jobs.runner.ExitText;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** How a pod ended that this server did not ask to end. */
final class PodExit {
    private PodExit() {}

    /** @param container null where the node does not say how its program ended */
    static Exit of(Pod pod, @Nullable ContainerStateTerminated container, long memoryLimitBytes) {
        Integer code = container == null ? null : container.getExitCode();
        boolean well = code != null && code == 0;
        String reason = pod.getStatus().getReason();
        if ("DeadlineExceeded".equals(reason)) {
            return new Exit(Exit.Cause.TIMEOUT, code, "ran longer than the deadline of its pod");
        }
        if (container != null && "OOMKilled".equals(container.getReason())) {
            return new Exit(
                    Exit.Cause.OUT_OF_MEMORY,
                    code,
                    "used more memory than its limit of " + (memoryLimitBytes >> 20) + " MiB");
        }
        if (deletedBefore(pod, container)) {
            return new Exit(Exit.Cause.LOST, code, disrupted(pod, "somebody deleted its pod"));
        }
        boolean disrupted = PodState.condition(pod, "DisruptionTarget")
                .filter(c -> "True".equals(c.getStatus()))
                .isPresent();
        if (!well && (disrupted || reason != null)) {
            return new Exit(Exit.Cause.LOST, code, disrupted(pod, "the cluster took its pod away"));
        }
        if (container == null || code == null || "ContainerStatusUnknown".equals(container.getReason())) {
            return new Exit(Exit.Cause.LOST, null, "its node does not say how its program ended");
        }
        return new Exit(Exit.Cause.EXITED, code, ExitText.of(code));
    }

    /** A Job whose pod is gone. */
    static Exit of(JobCondition end) {
        if (end.getType().equals("Complete")) {
            return new Exit(Exit.Cause.EXITED, 0, ExitText.of(0));
        }
        return "DeadlineExceeded".equals(end.getReason())
                ? new Exit(Exit.Cause.TIMEOUT, null, "ran longer than the deadline of its Job")
                : new Exit(Exit.Cause.LOST, null, "its pod is gone: " + end.getMessage());
    }

    /** Whether its end came of a deletion. The time of deletion is when the grace period is over. */
    private static boolean deletedBefore(Pod pod, @Nullable ContainerStateTerminated container) {
        Instant over = time(pod.getMetadata().getDeletionTimestamp());
        if (over == null) {
            return false;
        }
        Long grace = pod.getMetadata().getDeletionGracePeriodSeconds();
        Instant ended = container == null ? null : time(container.getFinishedAt());
        return ended == null || !ended.isBefore(over.minusSeconds(grace == null ? 0 : grace));
    }

    private static String disrupted(Pod pod, String what) {
        String reason = pod.getStatus().getReason();
        String message = pod.getStatus().getMessage();
        if (reason != null) {
            return what + " (" + reason + ")" + (message == null ? "" : ": " + message.strip());
        }
        return PodState.condition(pod, "DisruptionTarget")
                .map(PodExit::text)
                .map(text -> "the cluster took its pod away " + text)
                .orElse(what);
    }

    private static String text(PodCondition condition) {
        String message = condition.getMessage();
        return "(" + condition.getReason() + ")" + (message == null || message.isBlank() ? "" : ": " + message);
    }

    static @Nullable Instant time(@Nullable String text) {
        try {
            return text == null ? null : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
