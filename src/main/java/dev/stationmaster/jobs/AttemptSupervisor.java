package dev.stationmaster.jobs;

import dev.stationmaster.jobs.Attempt.StopReason;
import dev.stationmaster.jobs.JobTransitionStore.Change;
import dev.stationmaster.jobs.runner.Exit;
import dev.stationmaster.jobs.runner.HealthReport;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.LaunchException;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.jobs.runner.RunnerEvents;
import dev.stationmaster.jobs.runner.Usage;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees attempts on this server through: start, output, end. Every state change carries the lease number, so an attempt
 * that lost its lease changes nothing. Bound to the worker's event loop.
 */
final class AttemptSupervisor {
    private static final Logger LOG = LoggerFactory.getLogger(AttemptSupervisor.class);
    private static final int PREPARE_TRIES = 10;
    private static final long PREPARE_PAUSE_MS = 500;

    private final Vertx vertx;
    private final Clock clock;
    private final Bus bus;
    private final JobTransitionStore transitions;
    private final JobStore store;
    private final JobRecorder recorder;
    private final CostMeter costs;
    private final LaunchPreparer preparer;
    private final AttemptFiles files;
    private final Map<String, Runner> runners;
    private final RunningAttempts running;
    private final AttemptEnd ends;
    private final AttemptOutcome outcomes;
    private final JobMeters meters;
    private final ServiceWatch services;
    private final Duration grace;
    /** Between the signal to make room and SIGTERM. */
    private final Duration notice;
    /** Told after an attempt is over, with the job as this attempt left it; empty when it was no longer its to move. */
    private final BiConsumer<Attempt, Optional<Job>> onEnd;

    AttemptSupervisor(
            WorkerParts parts,
            ServiceWatch services,
            CostMeter costs,
            LaunchPreparer preparer,
            AttemptFiles files,
            BiConsumer<Attempt, Optional<Job>> onEnd) {
        this.vertx = parts.vertx();
        this.clock = parts.clock();
        this.bus = parts.bus();
        this.transitions = parts.transitions();
        this.store = parts.store();
        this.recorder = parts.recorder();
        this.runners = parts.runners();
        this.running = parts.running();
        this.meters = parts.meters();
        this.grace = parts.settings().grace();
        this.notice = parts.settings().scheduling().preemptNotice();
        this.ends = AttemptEnd.of(parts.settings(), clock);
        this.outcomes = new AttemptOutcome(parts.store(), parts.transitions(), ends);
        this.services = services;
        this.costs = costs;
        this.preparer = preparer;
        this.files = files;
        this.onEnd = onEnd;
    }

    /**
     * Starts an admitted job; its resources are held from now on. Does nothing when this lease is started already: the
     * dispatcher and the look at what was assigned may both come upon it.
     */
    void start(Job job) {
        Attempt known = running.get(job.id());
        if (known != null && known.lease() >= job.lease()) {
            return;
        }
        var attempt = new Attempt(job);
        Runner runner = runners.get(job.runner());
        attempt.outlivesServer =
                runner != null && runner.outlivesServer() && job.scheduling().replicasStarted() == 1;
        running.add(attempt);
        var prepared = preparer.prepare(job);
        var begun = untilWritten(attempt, "Finding the log of", () -> recorder.begin(attempt));
        var starting = untilWritten(attempt, "Starting", () -> markStarting(attempt));
        begun.compose(done -> starting)
                .compose(mayStart -> {
                    if (!mayStart) { // cancelled before it began, or the lease is gone
                        attempt.stopReason = StopReason.CANCELLED;
                        return Future.failedFuture(new LaunchException("It was cancelled before it started."));
                    }
                    return prepared.recover(error -> prepareAgain(attempt, error, PREPARE_TRIES))
                            .compose(launch -> files.before(attempt).compose(ready -> launch(attempt, launch)));
                })
                .onFailure(error -> notStarted(attempt, error));
    }

    private <T> Future<T> untilWritten(Attempt attempt, String what, Supplier<Future<T>> write) {
        return Persistently.run(vertx, what + " job " + attempt.id(), () -> attempt.fenced, write);
    }

    /** False when the job was cancelled or the lease is gone. A try whose answer was lost may have moved it already. */
    private Future<Boolean> markStarting(Attempt attempt) {
        return transitions
                .apply(Change.to(attempt.id(), attempt.lease(), JobState.STARTING, null, null))
                .compose(moved -> moved.isPresent() ? Future.succeededFuture(moved) : outcomes.held(attempt))
                .map(now -> {
                    JobState state = now.map(Job::state).orElse(null);
                    // neither ours to start nor to cancel: somebody put it back into the queue
                    attempt.fenced = state != JobState.STARTING && state != JobState.CANCELLING;
                    return state == JobState.STARTING;
                });
    }

    /** PostgreSQL that went away meanwhile is no failure of the job; only a job that can't be prepared is. */
    private Future<Launch> prepareAgain(Attempt attempt, Throwable error, int tries) {
        if (error instanceof LaunchException || tries == 0 || attempt.stopReason != null) {
            return Future.failedFuture(error);
        }
        return vertx.timer(PREPARE_PAUSE_MS)
                .compose(fired -> preparer.prepare(attempt.job))
                .recover(again -> prepareAgain(attempt, again, tries - 1));
    }

    private Future<Void> launch(Attempt attempt, Launch launch) {
        Runner runner = runners.get(attempt.job.runner());
        if (runner == null) {
            return Future.failedFuture(new LaunchException("This server has no runner " + attempt.job.runner() + "."));
        }
        return runner.launch(launch, events(attempt)).onSuccess(started -> {
            attempt.launched = true;
            attempt.startedAt = clock.utc();
            attempt.chargedUntil = attempt.startedAt;
            attempt.chargedUntilNanos = clock.nanos();
            attempt.runningWritten = markRunning(attempt);
            if (attempt.stopReason != null) {
                runner.stop(attempt.id(), attempt.lease(), grace);
            }
        });
    }

    /** Its program runs already; the row may not say so yet. */
    void adopted(Attempt attempt) {
        files.goOn(attempt);
        attempt.launched = true;
        if (attempt.job.state() == JobState.STARTING) {
            attempt.runningWritten = markRunning(attempt);
        }
    }

    /** Its program goes on without this server, which forgets it. Completes when what is known of it is written. */
    Future<Void> letGo(Attempt attempt) {
        return attempt.runningWritten
                .compose(done -> recorder.end(attempt))
                .compose(done -> costs.charge(List.of(attempt)))
                .onComplete(done -> {
                    running.remove(attempt);
                    services.over(attempt);
                })
                .mapEmpty();
    }

    private Future<?> markRunning(Attempt attempt) {
        return Persistently.run(
                        vertx,
                        "Marking job " + attempt.id() + " as running",
                        () -> attempt.fenced,
                        () -> transitions.apply(Change.to(attempt.id(), attempt.lease(), JobState.RUNNING, null, null)))
                .onSuccess(moved -> moved.ifPresent(job -> JobNews.moved(bus, job, clock.utc())))
                .otherwiseEmpty();
    }

    /** What is told of an attempt, to be given to its runner. */
    RunnerEvents events(Attempt attempt) {
        return new RunnerEvents() {
            @Override
            public Future<Void> lines(List<String> lines) {
                return recorder.lines(attempt, lines);
            }

            @Override
            public Future<Void> notes(List<String> lines) {
                return recorder.notes(attempt, lines);
            }

            @Override
            public void usage(Usage usage) {
                attempt.saw(usage);
                services.usage(attempt, usage);
                Job job = attempt.job;
                meterAgent(job.agentName());
                bus.publish(new JobMessages.JobUsage(
                        job.id(), job.agentId(), usage.cpuCores(), usage.memoryBytes(), clock.utc()));
            }

            @Override
            public void health(HealthReport report) {
                services.health(attempt, report);
            }

            @Override
            public void exited(Exit exit) {
                ended(attempt, exit);
            }
        };
    }

    /** The sum over the agent's attempts here; what none of them has measured is absent. */
    private void meterAgent(String agent) {
        var measured = running.all().stream()
                .filter(a -> a.usage != null && a.job.agentName().equals(agent))
                .toList();
        meters.agentUsage(agent, "cpu", sum(measured, u -> u.cpuCores()));
        meters.agentUsage(agent, "memory", sum(measured, u -> {
            Long bytes = u.memoryBytes();
            return bytes == null ? null : bytes.doubleValue();
        }));
        meters.agentUsage(
                agent,
                "gpu",
                measured.isEmpty()
                        ? null
                        : Double.valueOf(measured.stream()
                                .mapToInt(a -> a.resources().gpus())
                                .sum()));
    }

    private static @Nullable Double sum(List<Attempt> attempts, Function<Usage, @Nullable Double> value) {
        Double sum = null;
        for (Attempt attempt : attempts) {
            Usage usage = attempt.usage;
            Double one = usage == null ? null : value.apply(usage);
            sum = one == null ? sum : sum == null ? one : Double.valueOf(sum + one);
        }
        return sum;
    }

    /** Asks an attempt to end; the first reason counts. */
    void stop(Attempt attempt, StopReason reason) {
        if (attempt.stopReason == null) {
            attempt.stopReason = reason;
        }
        Runner runner = runners.get(attempt.job.runner());
        if (runner != null) { // also while it is being started: an image may take long
            runner.stop(attempt.id(), attempt.lease(), grace);
        }
    }

    /** Tells the program to make room; who goes on after the notice gets SIGTERM, and SIGKILL after the grace period. */
    void preempt(Attempt attempt) {
        if (attempt.preempting || attempt.stopReason != null || attempt.ending) {
            return;
        }
        attempt.preempting = true;
        preparer.signalPreemption(attempt.job)
                .onFailure(e -> LOG.warn("Job {} is not told by file to make room: {}", attempt.id(), e.toString()));
        vertx.setTimer(Math.max(1, notice.toMillis()), fired -> {
            if (!attempt.ending && attempt.equals(running.get(attempt.id()))) {
                stop(attempt, StopReason.PREEMPTED);
            }
        });
    }

    /** The lease is somebody else's: end the program, write nothing. */
    void fence(Attempt attempt) {
        LOG.warn("Lost the lease {} of job {}; ending its program", attempt.lease(), attempt.id());
        attempt.fenced = true;
        stop(attempt, StopReason.LEASE_LOST);
    }

    private void notStarted(Attempt attempt, Throwable error) {
        String message = error instanceof LaunchException
                ? String.valueOf(error.getMessage())
                : "The server could not start it: " + error;
        if (!(error instanceof LaunchException)) {
            LOG.error("Job {} could not be started", attempt.id(), error);
        }
        Change change = attempt.stopReason == null
                ? ends.notStarted(attempt, error instanceof LaunchException e ? e.reason() : "setup_failed", message)
                : ends.of(attempt, new Exit(Exit.Cause.STOPPED, null, message), false);
        recorder.end(attempt).transform(done -> files.after(attempt)).onComplete(done -> finish(attempt, change));
    }

    private void ended(Attempt attempt, Exit exit) {
        long dropped = recorder.droppedBytes(attempt);
        LogBuffer buffer = recorder.buffer(attempt);
        CostMeter.Moment until = costs.now(); // time in which PostgreSQL is away is not the job's
        attempt.runningWritten
                .compose(done -> recorder.end(attempt))
                .compose(done -> notes(attempt, dropped, buffer))
                .transform(done -> untilWritten(attempt, "Charging", () -> costs.chargeEnd(attempt, until)))
                .transform(done -> acknowledgement(attempt))
                .transform(done -> files.after(attempt))
                .onComplete(done -> finish(attempt, ends.of(attempt, exit, false)));
    }

    /** Whether the program said that it makes room, maybe on another replica. */
    private Future<?> acknowledgement(Attempt attempt) {
        return attempt.preempting
                ? untilWritten(attempt, "Reading", () -> outcomes.held(attempt))
                        .onSuccess(now -> attempt.preemptAcknowledged =
                                now.isPresent() && now.get().scheduling().preemptAcknowledged())
                : Future.succeededFuture();
    }

    /** What people should know of the output beside its lines. */
    private Future<?> notes(Attempt attempt, long dropped, @Nullable LogBuffer buffer) {
        Future<?> done = Future.succeededFuture();
        if (dropped > 0) {
            done = store.addEvent(
                    attempt.id(),
                    clock.utc(),
                    "log_truncated",
                    null,
                    dropped + " bytes of log were dropped: the limit is reached.");
        }
        if (buffer != null && buffer.notFinite) {
            done = done.compose(x -> store.addEvent(
                    attempt.id(),
                    clock.utc(),
                    "metric_not_finite",
                    null,
                    "A metric was NaN or infinite; kept as unknown."));
        }
        if (buffer != null && buffer.namesDropped) {
            done = done.compose(x -> store.addEvent(
                    attempt.id(),
                    clock.utc(),
                    "metrics_dropped",
                    null,
                    "Too many metric names; later ones were left out."));
        }
        return done.otherwiseEmpty();
    }

    private void finish(Attempt attempt, Change change) {
        attempt.ending = true;
        Persistently.run(
                        vertx,
                        "Ending job " + attempt.id(),
                        () -> attempt.fenced,
                        () -> outcomes.apply(attempt, change))
                .onComplete(result -> {
                    running.remove(attempt);
                    services.over(attempt);
                    meterAgent(attempt.job.agentName());
                    if (attempt.startedAt != null) {
                        meters.ran(Duration.between(attempt.startedAt, clock.utc()));
                    }
                    Optional<Job> job = result.succeeded() ? result.result() : Optional.empty();
                    job.ifPresent(j -> {
                        JobNews.moved(bus, j, clock.utc());
                        if (j.state().isFinal()) {
                            meters.finished(j.agentName(), j.state());
                        }
                    });
                    onEnd.accept(attempt, job);
                });
    }
}
