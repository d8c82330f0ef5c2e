package dev.stationmaster.agents.deployments;

import dev.stationmaster.jobs.ServiceMessages.ServiceFacts;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a replica becomes by what its job did. Pure. */
final class ReplicaLife {
    /** Without a check a program counts as healthy when it has run for so long. */
    static final Duration SETTLED = Duration.ofSeconds(2);
    /** A job that can't be submitted now may be later. */
    static final Duration TRY_AGAIN = Duration.ofSeconds(5);

    /** @param replica null: nothing is left of it */
    record Seen(@Nullable Replica replica, List<DeploymentEvent> events) {}

    private ReplicaLife() {}

    /** @param job null: it has none, or that is gone */
    static Seen look(Replica r, @Nullable ServiceFacts job, DeploymentSpec spec, OffsetDateTime now) {
        if (r.state() == ReplicaState.DRAINING) {
            return job == null || job.finished()
                    ? seen(null, DeploymentEvent.REPLICA_DRAINED, r, "Stopped.")
                    : unchanged(r);
        }
        if (r.jobId() == null || r.state() == ReplicaState.EXITED) {
            return unchanged(r);
        }
        if (job == null || job.finished()) {
            return exited(r, job, spec, now);
        }
        if (r.state() == ReplicaState.UNHEALTHY) {
            return unchanged(r);
        }
        if (!job.running()) {
            String message = job.message() == null ? job.reason() : job.message();
            return changed(r, r.with(ReplicaState.PENDING, message, null));
        }
        if (Boolean.FALSE.equals(job.healthy())) {
            String why = String.valueOf(job.healthMessage());
            return seen(r.with(ReplicaState.UNHEALTHY, why, null), DeploymentEvent.REPLICA_UNHEALTHY, r, why);
        }
        return isHealthy(job, spec, now) ? healthy(r, now) : changed(r, r.with(ReplicaState.STARTING, null, null));
    }

    /** A simulation has nothing that could be asked. */
    private static boolean isHealthy(ServiceFacts job, DeploymentSpec spec, OffsetDateTime now) {
        if (spec.hasCheck() && !job.simulated()) {
            return Boolean.TRUE.equals(job.healthy());
        }
        OffsetDateTime started = job.startedAt();
        return started != null && !started.plus(SETTLED).isAfter(now);
    }

    private static Seen healthy(Replica r, OffsetDateTime now) {
        OffsetDateTime since = r.healthySince();
        if (r.state() != ReplicaState.HEALTHY || since == null) {
            return seen(r.with(ReplicaState.HEALTHY, null, now), DeploymentEvent.REPLICA_HEALTHY, r, "Healthy.");
        }
        return r.failures() > 0 && forgiven(since, now) ? changed(r, r.forgiven()) : unchanged(r);
    }

    private static boolean forgiven(@Nullable OffsetDateTime since, OffsetDateTime now) {
        return since != null && !since.plus(Backoff.FORGIVEN).isAfter(now);
    }

    private static Seen exited(Replica r, @Nullable ServiceFacts job, DeploymentSpec spec, OffsetDateTime now) {
        boolean failed = job == null || r.state() == ReplicaState.UNHEALTHY || !"succeeded".equals(job.state());
        String why = r.state() == ReplicaState.UNHEALTHY ? "Stopped, for it was unhealthy: " + r.message() : ended(job);
        if (!spec.restartPolicy().restarts(failed)) {
            return seen(r.with(ReplicaState.EXITED, why, null), DeploymentEvent.REPLICA_EXITED, r, why);
        }
        int failures = (forgiven(r.healthySince(), now) ? 0 : r.failures()) + 1;
        Duration pause = Backoff.pause(failures);
        String then = why + " It starts again in " + pause.toSeconds() + " s.";
        return seen(r.again(failures, then, now.plus(pause)), DeploymentEvent.REPLICA_EXITED, r, then);
    }

    private static String ended(@Nullable ServiceFacts job) {
        if (job == null) {
            return "Its job is gone.";
        }
        String message = job.message() == null ? job.reason() : job.message();
        String text = message == null ? "It ended (" + job.state() + ")" : "It ended: " + message;
        return text.endsWith(".") ? text : text + ".";
    }

    /**
     * Its job was not taken.
     *
     * @param passing it may be taken later without anybody's doing: no failure of the replica
     */
    static Replica refused(Replica r, String why, boolean passing, OffsetDateTime now) {
        return passing
                ? r.refused(r.failures(), why, now.plus(TRY_AGAIN))
                : r.refused(r.failures() + 1, why, now.plus(Backoff.pause(r.failures() + 1)));
    }

    private static Seen seen(@Nullable Replica next, String kind, Replica before, String message) {
        var events = new ArrayList<DeploymentEvent>();
        events.add(DeploymentEvent.of(kind, before, message));
        return new Seen(next, events);
    }

    private static Seen unchanged(Replica r) {
        return new Seen(r, List.of());
    }

    private static Seen changed(Replica before, Replica after) {
        return new Seen(before.equals(after) ? before : after, List.of());
    }
}
