package dev.stationmaster.experiments;

import dev.stationmaster.experiments.TrialStore.RungReport;
import dev.stationmaster.experiments.TrialStore.Sight;
import dev.stationmaster.experiments.search.Asha;
import dev.stationmaster.jobs.JobMessages.RunFacts;
import dev.stationmaster.jobs.JobMessages.RunValues;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.bus.LazyJson;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One look at one experiment: what its jobs did is written down, then follows what that asks for. Every step begins from
 * rows and is guarded there, so that a look may break off anywhere and the next one, here or on another server, goes on.
 */
final class Advance {
    private final ExperimentStore experiments;
    private final TrialStore trials;
    private final Runs runs;
    private final Submissions submissions;
    private final CheckpointPolicy checkpoints;
    private final Bus bus;
    private final Clock clock;

    Advance(ExperimentStore experiments, TrialStore trials, Runs runs, Bus bus, Clock clock) {
        this.experiments = experiments;
        this.trials = trials;
        this.runs = runs;
        this.submissions = new Submissions(experiments, trials, runs, clock);
        this.checkpoints = new CheckpointPolicy(trials, runs);
        this.bus = bus;
        this.clock = clock;
    }

    /** The trials as they are afterwards. */
    Future<List<Trial>> look(Experiment e) {
        return trials.of(e.id())
                .compose(before ->
                        observe(e, before).compose(done -> follow(e)).onSuccess(after -> tell(e, before, after)));
    }

    private Future<List<Trial>> follow(Experiment e) {
        return trials.of(e.id())
                .compose(all -> spend(e, all).compose(now -> act(now, all)))
                .compose(done -> trials.of(e.id()))
                .compose(all -> checkpoints
                        .apply(e, all)
                        .compose(done -> finish(e.id(), all))
                        .map(all));
    }

    /** A hint for watchers, of what this look changed. */
    private void tell(Experiment e, List<Trial> before, List<Trial> after) {
        if (!before.equals(after)) {
            bus.publish(new ExperimentMessages.ExperimentProgress(
                    e.id(), LazyJson.of(() -> Standings.progress(e, after).encode())));
        }
    }

    private Future<?> observe(Experiment e, List<Trial> all) {
        List<Trial> active = all.stream().filter(t -> t.state().isActive()).toList();
        if (active.isEmpty()) {
            return Future.succeededFuture();
        }
        return runs.facts(
                        active.stream().map(Trial::jobId).map(UUID.class::cast).toList())
                .compose(facts -> {
                    var sights = new ArrayList<Sight>();
                    var ended = new ArrayList<Trial>();
                    for (Trial t : active) {
                        RunFacts run = facts.get(t.jobId());
                        if (run == null || run.finished()) {
                            ended.add(t);
                        }
                        if (run != null) {
                            sights.add(new Sight(t.number(), run.costNanos(), run.simulated(), run.step()));
                        }
                    }
                    return trials.seen(e.id(), sights)
                            .compose(done -> judge(e, active, facts))
                            .compose(done -> end(e, ended, facts));
                });
    }

    /** Trials that reached further rungs are compared there, in the order of their numbers. */
    private Future<?> judge(Experiment e, List<Trial> active, Map<UUID, RunFacts> facts) {
        Optional<Asha> asha = e.plan().asha();
        if (asha.isEmpty()) {
            return Future.succeededFuture();
        }
        List<Long> steps = asha.get().rungs();
        Objective objective = e.plan().objective("");
        return trials.rungs(e.id()).compose(reports -> {
            List<UUID> due = active.stream()
                    .filter(t -> t.state() == TrialState.SUBMITTED && reached(t, facts, steps, reports))
                    .map(Trial::jobId)
                    .map(UUID.class::cast)
                    .toList();
            Future<Map<UUID, RunValues>> values =
                    due.isEmpty() ? Future.succeededFuture(Map.of()) : runs.values(due, objective.metric(), steps);
            return values.compose(found -> {
                var halving = new Halving(e.id(), asha.get(), reports, trials);
                Future<?> done = Future.succeededFuture();
                for (Trial t : active) {
                    RunFacts run = facts.get(t.jobId());
                    if (run != null && t.state() == TrialState.SUBMITTED) {
                        done = done.compose(before -> halving.judge(t, run, found.get(run.id())));
                    }
                }
                return done;
            });
        });
    }

    private static boolean reached(Trial t, Map<UUID, RunFacts> facts, List<Long> steps, List<RungReport> reports) {
        RunFacts run = facts.get(t.jobId());
        Long step = run == null ? null : run.step();
        long reported = reports.stream().filter(r -> r.trial() == t.number()).count();
        return step != null && reported < steps.size() && step >= steps.get((int) reported);
    }

    private Future<?> end(Experiment e, List<Trial> ended, Map<UUID, RunFacts> facts) {
        Future<?> done = Future.succeededFuture();
        for (Trial t : ended) {
            RunFacts run = facts.get(t.jobId());
            if (run == null) {
                done = done.compose(before -> trials.end(
                        t, TrialState.FAILED, "job_missing", "Its job is gone.", null, new JsonObject(), clock.utc()));
                continue;
            }
            Objective objective = e.plan().objective(t.variant());
            done = done.compose(before -> runs.values(List.of(run.id()), objective.metric(), List.of()))
                    .compose(values -> trials.of(e.id()).compose(now -> end(now, t, run, values, objective)));
        }
        return done;
    }

    /** {@code now}: whether it was asked to stop may be news of this very look. */
    private Future<?> end(List<Trial> now, Trial t, RunFacts run, Map<UUID, RunValues> values, Objective objective) {
        Trial fresh = now.get(t.number() - 1);
        RunValues found = values.get(run.id());
        Ending ending = Ending.of(fresh, run);
        return trials.end(
                fresh,
                ending.state(),
                ending.reason(),
                ending.message(),
                found == null ? null : objective.value(found),
                new JsonObject(run.metricsJson()),
                clock.utc());
    }

    /** Adds up the cost; the budget's end stops the experiment. */
    private Future<Experiment> spend(Experiment e, List<Trial> all) {
        long cost = all.stream().mapToLong(Trial::costNanos).sum();
        Future<?> written =
                cost == e.costNanos() ? Future.succeededFuture() : experiments.setCost(e.id(), cost, clock.utc());
        Long budget = e.budgetNanos();
        boolean over = budget != null && cost >= budget && cost > 0 && open(all);
        return written.compose(done -> over && e.state() == ExperimentState.RUNNING
                        ? changed(() -> experiments.stop(
                                e.id(),
                                ExperimentState.FAILED,
                                "budget_exhausted",
                                "The budget of the experiment is spent: runs were stopped, and no more are started.",
                                clock.utc(),
                                after -> entry(e, "experiment.stop", after)))
                        : Future.succeededFuture())
                .compose(done -> experiments.byId(e.id()))
                .map(now -> now.orElse(e));
    }

    private static boolean open(List<Trial> all) {
        return all.stream().anyMatch(t -> !t.state().isFinal());
    }

    private Future<?> act(Experiment e, List<Trial> all) {
        if (e.state() == ExperimentState.STOPPING) {
            return trials.cancelPlanned(e.id(), clock.utc()).compose(done -> stopAll(e, all));
        }
        return cancelStopping(e, all).compose(done -> submissions.fill(e, all));
    }

    private Future<?> stopAll(Experiment e, List<Trial> all) {
        Future<?> done = Future.succeededFuture();
        for (Trial t : all) {
            if (t.state() == TrialState.SUBMITTED) {
                done = done.compose(before -> trials.stopping(t, Ending.EXPERIMENT_STOPPED));
            }
        }
        return done.compose(before ->
                cancelStopping(e, all.stream().filter(t -> t.state().isActive()).toList(), true));
    }

    private Future<?> cancelStopping(Experiment e, List<Trial> all) {
        return cancelStopping(e, all, false);
    }

    /** Asked again at each look until the job has ended: a lost question costs one look. */
    private Future<?> cancelStopping(Experiment e, List<Trial> all, boolean every) {
        Future<?> done = Future.succeededFuture();
        for (Trial t : all) {
            UUID job = t.jobId();
            if (job != null && (every || t.state() == TrialState.STOPPING)) {
                done = done.compose(before -> runs.cancel(e, job));
            }
        }
        return done;
    }

    private Future<?> finish(UUID id, List<Trial> all) {
        if (open(all)) {
            return Future.succeededFuture();
        }
        return experiments.byId(id).compose(found -> {
            if (found.isEmpty() || found.get().state().isFinal()) {
                return Future.succeededFuture();
            }
            Experiment e = found.get();
            ExperimentState outcome = e.outcome();
            boolean none = all.stream().allMatch(t -> t.state() == TrialState.FAILED);
            ExperimentState state =
                    outcome != null ? outcome : none ? ExperimentState.FAILED : ExperimentState.SUCCEEDED;
            boolean failed = outcome == null && none;
            return changed(() -> experiments.finish(
                    id,
                    state,
                    failed ? "all_runs_failed" : null,
                    failed ? "No run succeeded; the trials say why." : null,
                    clock.utc(),
                    after -> entry(e, "experiment.finish", after)));
        });
    }

    private Future<?> changed(Supplier<Future<Optional<Experiment>>> change) {
        return change.get().onSuccess(after -> after.ifPresent(now -> ExperimentService.tell(bus, now)));
    }

    private static AuditEntry entry(Experiment before, String action, @Nullable Experiment after) {
        return new AuditEntry(
                Runs.actor(before),
                action,
                "experiment/" + before.id(),
                before.summary().encode(),
                after == null ? null : after.summary().encode(),
                null);
    }
}
