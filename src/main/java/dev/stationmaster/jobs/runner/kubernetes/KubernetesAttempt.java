package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.jobs.runner.Exit;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.LaunchException;
import dev.stationmaster.jobs.runner.RunnerEvents;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica from its Job to its reported exit, as the watches tell of it. Lives on one event loop.
 *
 * <p>The start: Job made suspended → Secrets → Job released → a pod runs. The end: pod ended or gone → log read to its end →
 * exit told. A cluster that does not answer is asked again until the runner gives it up.
 */
final class KubernetesAttempt {
    private static final Logger LOG = LoggerFactory.getLogger(KubernetesAttempt.class);
    private static final long AGAIN_MS = 1_000;
    /** What a node or a watch has to tell comes a little after what caused it. */
    private static final Duration NODE_DELAY = Duration.ofSeconds(5);

    private final AttemptParts parts;
    private final Vertx vertx;
    private final Launch launch;
    private final RunnerEvents events;
    private final AttemptName name;
    private final PodWait wait;
    private final PodHealth health;
    private final Promise<Void> started = Promise.promise();
    private final Promise<Exit> exit = Promise.promise();
    private @Nullable Pod pod;
    private @Nullable PodLog log;
    private Exit.@Nullable Cause cause;
    private String message = "";
    private boolean ending;
    private boolean letGo;
    private boolean preemptTold;
    private long wallClockTimer = -1;
    private long killTimer = -1;
    private long killAt;
    private long jobTimer = -1;

    KubernetesAttempt(AttemptParts parts, Launch launch, RunnerEvents events) {
        this.parts = parts;
        this.vertx = parts.vertx();
        this.launch = launch;
        this.events = events;
        this.name = AttemptName.of(launch);
        this.health = new PodHealth(launch, events);
        this.wait = new PodWait(
                vertx, parts.settings().patience(), String.valueOf(launch.image()), events, this::notStarted);
    }

    Launch launch() {
        return launch;
    }

    /** Completes when the program runs. */
    Future<Void> start(String image) {
        var manifest = new JobManifest(parts.settings(), parts.server());
        wait.begin();
        untilAnswered(() -> {
                    Job job = parts.api().create(manifest.job(image, launch));
                    manifest.secrets(launch, job).forEach(parts.api()::create);
                    return true;
                })
                .compose(made -> ending ? Future.succeededFuture() : release())
                .onFailure(e ->
                        notStarted(new LaunchException("The cluster refuses to start it: " + KubernetesApi.text(e))));
        return started.future();
    }

    private Future<?> release() {
        return untilAnswered(() -> {
            parts.api().release(name.name());
            return true;
        });
    }

    /** What an earlier server process began. Completes with false when there is no trace of it. */
    Future<Boolean> adopt() {
        return onWorker(() -> {
                    var job = parts.api().job(name.name());
                    var pods = parts.api().pods(name);
                    if (job.isPresent()
                            && pods.stream().noneMatch(p -> p.getMetadata().getDeletionTimestamp() != null)) {
                        parts.api().take(name, parts.server());
                    }
                    return new Found(job.orElse(null), pods.isEmpty() ? null : pods.get(0));
                })
                .map(found -> {
                    if (found.job == null && found.pod == null) {
                        return false;
                    }
                    started.tryComplete();
                    if (found.pod != null) {
                        seen(found.pod);
                    }
                    if (found.job == null) {
                        jobGone();
                    } else {
                        seen(found.job);
                    }
                    return true;
                });
    }

    private record Found(@Nullable Job job, @Nullable Pod pod) {}

    Future<Exit> exit() {
        return exit.future();
    }

    void seen(Pod now) {
        Pod known = pod;
        if (ending || letGo || (known != null && !uid(known).equals(uid(now)))) {
            return;
        }
        pod = now;
        PodState state = PodState.of(now, launch.limits().memoryBytes());
        switch (state.kind()) {
            case RUNS -> {
                runs(now);
                health.seen(now);
            }
            case ENDED -> {
                runs(now);
                finish(Objects.requireNonNull(state.exit()));
            }
            default -> {
                if (log == null) {
                    wait.state(state.kind(), state.text());
                }
            }
        }
    }

    private static String uid(Pod of) {
        return of.getMetadata().getUid();
    }

    private void runs(Pod now) {
        if (log != null) {
            return;
        }
        wait.over();
        log = new PodLog(vertx, parts.api(), now.getMetadata().getName(), parts.maxLineBytes(), events::lines);
        log.follow();
        Duration limit = launch.wallClockLimit();
        if (limit != null) {
            wallClockTimer = vertx.setTimer(
                    Math.max(1, limit.toMillis()),
                    fired -> end(
                            Exit.Cause.TIMEOUT,
                            "ran longer than its limit of " + limit.toSeconds() + " s",
                            launch.grace()));
        }
        started.tryComplete();
    }

    /** @param last its last state */
    void gone(Pod last) {
        Pod known = pod;
        if (ending || letGo || (known != null && !uid(known).equals(uid(last)))) {
            return;
        }
        Exit own = PodState.of(last, launch.limits().memoryBytes()).exit();
        started.tryComplete(); // lost is not failed: it goes back into the queue, and no attempt is counted
        finish(own != null ? own : new Exit(Exit.Cause.LOST, null, "somebody deleted its pod"));
    }

    void seen(Job job) {
        if (jobTimer < 0 && !ending && !letGo) {
            JobManifest.end(job)
                    .ifPresent(end -> jobTimer = vertx.setTimer(NODE_DELAY.toMillis(), fired -> {
                        if (pod == null) {
                            started.tryComplete();
                            finish(PodExit.of(end));
                        }
                    }));
        }
    }

    void jobGone() {
        if (ending || letGo) {
            return;
        }
        if (cause == null) {
            cause = Exit.Cause.LOST;
            message = "somebody deleted its Job";
        }
        if (pod == null) {
            started.tryComplete();
            finish(new Exit(Exit.Cause.LOST, null, message));
        } else { // its pod is being ended by the cluster
            killAfter(launch.grace());
        }
    }

    private void notStarted(LaunchException why) {
        if (started.tryFail(why)) {
            over();
            remove();
        } else if (log == null) { // adopted before it ran
            end(Exit.Cause.RUNNER_ERROR, String.valueOf(why.getMessage()), launch.grace());
        }
    }

    /** The first call decides the cause; a later one can only shorten the time that is left. */
    void end(Exit.Cause why, String text, Duration grace) {
        if (ending || letGo) {
            return;
        }
        if (cause == null) {
            cause = why;
            message = text;
            if (started.tryFail(new LaunchException("It was stopped before it started."))) {
                over();
                remove();
            }
        }
        if (started.future().succeeded()) {
            var unused = delete(PodManifest.graceSeconds(grace));
            killAfter(grace);
        }
    }

    private Future<?> delete(long graceSeconds) {
        Pod running = pod;
        return untilAnswered(() -> {
                    parts.api().deleteJob(name.name());
                    if (running != null) {
                        parts.api().deletePod(running.getMetadata().getName(), graceSeconds);
                    }
                    return true;
                })
                .onFailure(e -> LOG.warn("Ending {} failed: {}", launch, e.toString()));
    }

    private void killAfter(Duration grace) {
        long at = parts.clock().nanos() + grace.toNanos();
        if (killTimer >= 0 && at - killAt >= 0) {
            return;
        }
        vertx.cancelTimer(killTimer);
        killAt = at;
        killTimer = vertx.setTimer(Math.max(1, grace.plus(NODE_DELAY).toMillis()), fired -> delete(0)
                .onComplete(deleted -> killTimer = vertx.setTimer(
                        NODE_DELAY.toMillis(), late -> finish(new Exit(Exit.Cause.LOST, null, message)))));
    }

    /** The cluster was silent for too long. */
    void giveUp(String why) {
        if (log != null) {
            log.close();
        }
        notStarted(new LaunchException("runner_unreachable", "It could not be started: " + why + "."));
        finish(new Exit(Exit.Cause.LOST, null, why));
    }

    /** It runs on; nothing more is told of it. */
    void letGo() {
        letGo = true;
        over();
        if (log != null) {
            log.close();
        }
    }

    boolean isLetGo() {
        return letGo;
    }

    private void over() {
        ending = true;
        wait.over();
        vertx.cancelTimer(wallClockTimer);
        vertx.cancelTimer(killTimer);
        vertx.cancelTimer(jobTimer);
    }

    private void finish(Exit own) {
        if (ending) {
            return;
        }
        over();
        Exit told = cause == null ? own : new Exit(cause, own.code(), message);
        boolean byItself = told.cause() == Exit.Cause.EXITED || told.cause() == Exit.Cause.OUT_OF_MEMORY;
        (log == null ? Future.<Void>succeededFuture() : log.finish()).onComplete(all -> {
            if (!byItself) { // or a node that comes back would run it on
                remove();
            }
            exit.tryComplete(told);
        });
    }

    /** A Job that can't be deleted now is by the runner's next look. */
    private void remove() {
        onWorker(() -> {
                    parts.api().deleteJob(name.name());
                    return true;
                })
                .onFailure(e -> LOG.debug("Deleting the Job of {}: {}", launch, e.toString()));
    }

    /** Shows the program the file that asks it to make room. */
    void preempt(String text) {
        Pod running = pod;
        if (preemptTold || running == null || ending) {
            return;
        }
        preemptTold = true;
        untilAnswered(() -> {
                    parts.api().addFile(name, running.getMetadata().getName(), PodLayout.PREEMPT, text);
                    return true;
                })
                .onFailure(e -> LOG.warn("Telling {} to make room failed: {}", launch, e.toString()));
    }

    boolean isToldToMakeRoom() {
        return preemptTold;
    }

    private <T> Future<T> untilAnswered(Callable<T> call) {
        return onWorker(call)
                .recover(e -> ending || KubernetesApi.refused(e)
                        ? Future.failedFuture(e)
                        : vertx.timer(AGAIN_MS).compose(fired -> untilAnswered(call)));
    }

    private <T> Future<T> onWorker(Callable<T> call) {
        return parts.worker().executeBlocking(call, false);
    }
}
