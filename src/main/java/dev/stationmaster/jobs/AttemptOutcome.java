package dev.stationmaster.jobs;

import dev.stationmaster.jobs.JobTransitionStore.Change;
import dev.stationmaster.jobs.runner.Exit;
import io.vertx.core.Future;
import java.util.Optional;

/** Writes how an attempt ended, whatever happened to its job meanwhile and however often it is tried. Thread-safe. */
final class AttemptOutcome {
    private final JobStore store;
    private final JobTransitionStore transitions;
    private final AttemptEnd ends;

    AttemptOutcome(JobStore store, JobTransitionStore transitions, AttemptEnd ends) {
        this.store = store;
        this.transitions = transitions;
        this.ends = ends;
    }

    /** The job as it is now, if the lease is still this attempt's. */
    Future<Optional<Job>> held(Attempt attempt) {
        return store.byId(attempt.id()).map(now -> now.filter(job -> job.lease() == attempt.lease()));
    }

    /**
     * The job as this attempt leaves it; empty when it is no longer its to move. When the row is "cancelling" meanwhile,
     * the only way out is "cancelled".
     */
    Future<Optional<Job>> apply(Attempt attempt, Change change) {
        if (attempt.fenced) {
            return Future.succeededFuture(Optional.empty());
        }
        return transitions
                .apply(change)
                .compose(moved -> moved.isPresent() ? Future.succeededFuture(moved) : notMoved(attempt, change));
    }

    private Future<Optional<Job>> notMoved(Attempt attempt, Change change) {
        return held(attempt).compose(now -> {
            JobState state = now.map(Job::state).orElse(null);
            if (state == JobState.CANCELLING && change.to() != JobState.CANCELLED) {
                var exit = new Exit(Exit.Cause.STOPPED, change.exitCode(), "Cancelled while it ran.");
                return transitions.apply(ends.of(attempt, exit, true));
            }
            // an earlier try was committed and only its answer was lost
            return Future.succeededFuture(state == change.to() ? now : Optional.empty());
        });
    }
}
