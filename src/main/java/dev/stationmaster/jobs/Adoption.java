package dev.stationmaster.jobs;

import dev.stationmaster.jobs.Attempt.StopReason;
import dev.stationmaster.jobs.DispatchStore.Progress;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.Runner;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up attempts whose program went on while their server did not: log, limits, leases and costs go on where that
 * server left them. Bound to the worker's event loop.
 */
final class Adoption {
    private static final Logger LOG = LoggerFactory.getLogger(Adoption.class);
    private static final Set<JobState> ADOPTABLE =
            EnumSet.of(JobState.STARTING, JobState.RUNNING, JobState.PREEMPTING, JobState.CANCELLING);

    private final WorkerParts parts;
    private final AttemptSupervisor supervisor;
    private final LaunchPreparer preparer;

    Adoption(WorkerParts parts, AttemptSupervisor supervisor, LaunchPreparer preparer) {
        this.parts = parts;
        this.supervisor = supervisor;
        this.preparer = preparer;
    }

    /** At start, before anything of an earlier server is ended: what this server left running. */
    Future<Void> own() {
        return parts.dispatch().ofWorker(parts.worker()).compose(jobs -> one(jobs, 0));
    }

    private Future<Void> one(List<Job> jobs, int from) {
        return from == jobs.size()
                ? Future.succeededFuture()
                : adopt(jobs.get(from)).transform(done -> one(jobs, from + 1));
    }

    /** Whether another server with the same runner could go on with it. */
    boolean possibleElsewhere(Job job) {
        Runner runner = parts.runners().get(job.runner());
        return runner != null && runner.shared() && possible(job, runner);
    }

    private static boolean possible(Job job, Runner runner) {
        return runner.outlivesServer() && job.scheduling().replicasStarted() == 1 && ADOPTABLE.contains(job.state());
    }

    /** False when another server took it, or nothing of it is left. */
    Future<Boolean> takeOver(Job job) {
        return parts.dispatch()
                .takeOver(job, parts.worker(), parts.settings().lease())
                .compose(mine -> mine.map(this::adopt).orElseGet(() -> Future.succeededFuture(false)));
    }

    /** False when it can't be gone on with; then nothing has changed. */
    Future<Boolean> adopt(Job job) {
        Runner runner = parts.runners().get(job.runner());
        if (runner == null || !possible(job, runner)) {
            return Future.succeededFuture(false);
        }
        var attempt = new Attempt(job);
        attempt.outlivesServer = true;
        parts.running().add(attempt);
        return parts.dispatch()
                .progress(job.id(), job.lease())
                .compose(known -> known.isEmpty()
                        ? Future.succeededFuture(false)
                        : preparer.prepare(job).compose(launch -> resume(runner, attempt, launch, known.get())))
                .recover(e -> {
                    LOG.warn("Job {} can't be taken up: {}", job.id(), e.toString());
                    return Future.succeededFuture(false);
                })
                .onSuccess(adopted -> {
                    if (!adopted) {
                        parts.running().remove(attempt);
                    }
                });
    }

    private Future<Boolean> resume(Runner runner, Attempt attempt, Launch launch, Progress known) {
        OffsetDateTime now = parts.clock().utc();
        OffsetDateTime started = Optional.ofNullable(known.startedAt()).orElse(now);
        OffsetDateTime charged = Optional.ofNullable(known.chargedUntil()).orElse(started);
        attempt.startedAt = started;
        attempt.chargedUntil = charged;
        attempt.chargedUntilNanos = parts.clock().nanos()
                - Math.max(0, Duration.between(charged, now).toNanos()); // it ran on meanwhile
        return parts.recorder()
                .resume(attempt, known.linesTaken())
                .compose(
                        ready -> runner.adopt(launch.after(Duration.between(started, now)), supervisor.events(attempt)))
                .onSuccess(found -> {
                    if (found) {
                        LOG.info("Job {} ran on without a server and is taken up", attempt.id());
                        goOn(attempt);
                    }
                });
    }

    private void goOn(Attempt attempt) {
        Job job = attempt.job;
        parts.store()
                .addEvent(
                        job.id(),
                        parts.clock().utc(),
                        "adopted",
                        null,
                        "It ran on while its server was away; " + parts.worker() + " goes on with it.")
                .onFailure(e -> LOG.warn("The adoption of job {} is not noted: {}", job.id(), e.toString()));
        supervisor.adopted(attempt);
        if (job.state() == JobState.CANCELLING) {
            supervisor.stop(attempt, StopReason.CANCELLED);
        } else if (job.state() == JobState.PREEMPTING) {
            supervisor.preempt(attempt);
        }
    }
}
