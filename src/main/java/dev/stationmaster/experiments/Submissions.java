package dev.stationmaster.experiments;

import dev.stationmaster.platform.bus.BusException;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Submits planned trials as far as the experiment may have runs at once. */
final class Submissions {
    private static final Logger LOG = LoggerFactory.getLogger(Submissions.class);
    /** May pass by themselves or by somebody's doing, so that the experiment waits; all other refusals end the trial. */
    private static final Set<ErrorCode> PASSING = EnumSet.of(
            ErrorCode.UNAVAILABLE,
            ErrorCode.TOO_MANY_REQUESTS,
            ErrorCode.INTERNAL,
            ErrorCode.BUDGET_EXHAUSTED,
            ErrorCode.QUEUE_DRAINS,
            ErrorCode.NO_MATCHING_RUNNER);

    private final ExperimentStore experiments;
    private final TrialStore trials;
    private final Runs runs;
    private final Clock clock;

    Submissions(ExperimentStore experiments, TrialStore trials, Runs runs, Clock clock) {
        this.experiments = experiments;
        this.trials = trials;
        this.runs = runs;
        this.clock = clock;
    }

    Future<?> fill(Experiment e, List<Trial> all) {
        long active = all.stream().filter(t -> t.state().isActive()).count();
        List<Trial> next = all.stream()
                .filter(t -> t.state() == TrialState.PLANNED)
                .limit(Math.max(0, e.maxConcurrent() - active))
                .toList();
        return next.isEmpty() ? Future.succeededFuture() : submit(e, next, 0);
    }

    private Future<Void> submit(Experiment e, List<Trial> next, int at) {
        if (at == next.size()) {
            return experiments.waitsFor(e.id(), null, null, clock.utc()).mapEmpty();
        }
        Trial t = next.get(at);
        return runs.submit(e, t).transform(result -> {
            if (result.succeeded()) {
                return claimed(e, t, result.result()).compose(done -> submit(e, next, at + 1));
            }
            if (result.cause() instanceof ApiException refusal && !PASSING.contains(refusal.code())) {
                return refused(t, refusal).compose(done -> submit(e, next, at + 1));
            }
            return waits(e, result.cause());
        });
    }

    /** The trial may have been called off meanwhile; then its job is too. */
    private Future<?> claimed(Experiment e, Trial t, UUID job) {
        return trials.submitted(t, job)
                .compose(mine -> mine
                        ? Future.succeededFuture()
                        : trials.of(e.id()).compose(now -> {
                            Trial fresh = now.get(t.number() - 1);
                            return job.equals(fresh.jobId()) ? Future.succeededFuture() : runs.cancel(e, job);
                        }));
    }

    private Future<?> refused(Trial t, ApiException refusal) {
        return trials.end(
                t,
                TrialState.FAILED,
                refusal.code().wireName(),
                refusal.getMessage(),
                null,
                new JsonObject(),
                clock.utc());
    }

    private Future<Void> waits(Experiment e, Throwable cause) {
        LOG.debug("Experiment {} waits: {}", e.id(), cause.toString());
        String reason = cause instanceof ApiException refusal ? refusal.code().wireName() : "unavailable";
        String message = cause instanceof ApiException || cause instanceof BusException
                ? cause.getMessage()
                : "A run could not be submitted; it is tried again.";
        return experiments.waitsFor(e.id(), reason, message, clock.utc()).mapEmpty();
    }
}
