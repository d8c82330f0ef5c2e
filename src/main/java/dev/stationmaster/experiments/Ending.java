package dev.stationmaster.experiments;

import dev.stationmaster.jobs.JobMessages.RunFacts;
import org.jspecify.annotations.Nullable;

/** How a trial ends when its job has. */
record Ending(
        TrialState state, @Nullable String reason, @Nullable String message) {
    /** Others did better on the same rung. */
    static final String EARLY_STOPPED = "early_stopped";
    /** It had all the steps of a sweep. */
    static final String MAX_STEPS = "max_steps";

    static final String EXPERIMENT_STOPPED = "experiment_stopped";

    static Ending of(Trial t, RunFacts run) {
        if ("succeeded".equals(run.state())) {
            return new Ending(TrialState.SUCCEEDED, null, null);
        }
        if ("cancelled".equals(run.state()) && t.state() == TrialState.STOPPING) {
            if (MAX_STEPS.equals(t.reason())) {
                return new Ending(TrialState.SUCCEEDED, MAX_STEPS, "It had all its steps.");
            }
            return EARLY_STOPPED.equals(t.reason())
                    ? new Ending(TrialState.STOPPED, EARLY_STOPPED, "Others did better after as many steps.")
                    : new Ending(TrialState.CANCELLED, EXPERIMENT_STOPPED, null);
        }
        TrialState state = "cancelled".equals(run.state()) ? TrialState.CANCELLED : TrialState.FAILED;
        return new Ending(state, run.reason(), run.message());
    }
}
