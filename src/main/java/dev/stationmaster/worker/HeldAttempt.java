package dev.stationmaster.worker;

import dev.stationmaster.jobs.runner.Exit;
import dev.stationmaster.jobs.runner.HealthReport;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.LaunchException;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.jobs.runner.RunnerEvents;
import dev.stationmaster.jobs.runner.Usage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One leased attempt from its order to its accepted end: folders, checkpoints, program, output, files, report. What the
 * server does not take now is kept and tried again, as long as the lease may hold. Bound to the node's event loop.
 */
final class HeldAttempt implements RunnerEvents {
    private static final Logger LOG = LoggerFactory.getLogger(HeldAttempt.class);
    private static final long GATHER_MS = 100;
    private static final String FENCE = "fence";
    private static final String STOP = "stop";

    /** What all attempts of a worker share. */
    record Node(Vertx vertx, ServerLink link, String worker, Duration notice, Duration grace) {}

    private final Node node;
    private final Runner runner;
    private final Launch launch;
    private final JobFolders folders;
    private final FileSync files;
    private final Outbox outbox = new Outbox();
    private final Backoff pause = new Backoff();
    private boolean sending;
    private boolean fenced;
    private boolean launched;
    private boolean over;
    private @Nullable String ordered;
    private @Nullable String stoppedFor;
    /** As measured last, while it is being told. */
    private @Nullable HealthReport health;

    private @Nullable Usage usage;
    private @Nullable Long peakMemoryBytes;
    private final io.vertx.core.Promise<Void> gone = io.vertx.core.Promise.promise();

    HeldAttempt(Node node, Runner runner, Launch launch, JobFolders folders, FileSync files) {
        this.node = node;
        this.runner = runner;
        this.launch = launch;
        this.folders = folders;
        this.files = files;
    }

    UUID job() {
        return launch.jobId();
    }

    long lease() {
        return launch.lease();
    }

    /** Completes when the server knows of the end, or wants to hear no more. */
    Future<Void> gone() {
        return gone.future();
    }

    /** As polls name it. */
    JsonObject toJson() {
        var json = new JsonObject().put("job_id", job().toString()).put("lease", lease());
        if (ordered != null) {
            json.put("ordered", ordered);
        }
        Usage now = usage;
        if (now != null && now.cpuCores() != null) {
            json.put("cpu_cores", now.cpuCores());
        }
        if (now != null && now.memoryBytes() != null) {
            json.put("memory_bytes", now.memoryBytes());
        }
        return json;
    }

    /** Runs it to its end. */
    void start() {
        LOG.info("Job {} is ours, lease {}", job(), lease());
        node.vertx()
                .executeBlocking(
                        () -> {
                            folders.make(launch.specJson());
                            return null;
                        },
                        false)
                .compose(made -> tried(files::fetch))
                .compose(fetched -> stoppedFor != null || fenced
                        ? Future.failedFuture(new LaunchException("It was stopped before it started."))
                        : runner.launch(launch, this))
                .onSuccess(running -> {
                    launched = true;
                    if (stoppedFor != null || fenced) {
                        runner.stop(job(), lease(), fenced ? Duration.ZERO : node.grace());
                    }
                    tried(() -> node.link().post(path("started"), new JsonObject()))
                            .onFailure(e -> LOG.info("Job {}: {}", job(), e.toString()));
                })
                .onFailure(this::notStarted);
    }

    private void notStarted(Throwable error) {
        if (ServerProblem.isLeaseLost(error)) {
            fence();
            finished();
            return;
        }
        LOG.warn("Job {} could not be started: {}", job(), error.toString());
        report(new JsonObject()
                .put("cause", "not_started")
                .put("reason", error instanceof LaunchException e ? e.reason() : "setup_failed")
                .put("message", text(String.valueOf(error.getMessage()))));
    }

    @Override
    public Future<Void> lines(List<String> lines) {
        if (fenced) {
            return Future.succeededFuture();
        }
        sendSoon();
        return outbox.add(lines);
    }

    @Override
    public Future<Void> notes(List<String> lines) {
        outbox.note(lines);
        sendSoon();
        return Future.succeededFuture();
    }

    @Override
    public void usage(Usage measured) {
        usage = measured;
        Long bytes = measured.memoryBytes();
        Long peak = peakMemoryBytes;
        if (bytes != null && (peak == null || bytes > peak)) {
            peakMemoryBytes = bytes;
        }
    }

    /** The newest counts; one that can't be told now is told as soon as it can. */
    @Override
    public void health(HealthReport report) {
        boolean telling = health != null;
        health = report;
        if (!telling) {
            tellHealth(report);
        }
    }

    private void tellHealth(HealthReport report) {
        var body = new JsonObject()
                .put("healthy", report.healthy())
                .put("message", text(report.message()))
                .put("address", report.address());
        tried(() -> node.link().post(path("health"), body)).onComplete(told -> {
            HealthReport newest = health;
            health = null;
            if (newest != null && !newest.equals(report) && !over && !fenced) {
                health(newest);
            }
        });
    }

    @Override
    public void exited(Exit exit) {
        LOG.info("Job {} {}", job(), exit.message());
        var report = new JsonObject()
                .put("cause", exit.cause().name().toLowerCase(Locale.ROOT))
                .put("message", text(exit.message()));
        if (exit.code() != null) {
            report.put("exit_code", exit.code());
        }
        if (peakMemoryBytes != null) {
            report.put("peak_memory_bytes", peakMemoryBytes);
        }
        report(report);
    }

    private static String text(String message) {
        return message.length() > 2_000 ? message.substring(0, 2_000) : message;
    }

    /** All output first, then the files, then the end: who sees the end sees the rest. */
    private void report(JsonObject end) {
        over = true;
        drained()
                .compose(done -> send(true))
                .compose(done -> {
                    if (stoppedFor != null) {
                        end.put("stopped_for", stoppedFor);
                    }
                    return tried(() -> node.link().post(path("end"), end));
                })
                .onFailure(e -> LOG.info("The end of job {} is not wanted: {}", job(), e.toString()))
                .onComplete(done -> finished());
    }

    private void finished() {
        node.vertx()
                .executeBlocking(
                        () -> {
                            JobFolders.deleteTree(folders.job());
                            return null;
                        },
                        false)
                .onFailure(e -> LOG.warn("The folder of job {} stays: {}", job(), e.toString()))
                .onComplete(done -> gone.tryComplete());
    }

    /** Fails only when the lease is lost. */
    private Future<Void> send(boolean last) {
        return files.send(last).recover(e -> {
            if (ServerProblem.isLeaseLost(e)) {
                return Future.failedFuture(e);
            }
            LOG.warn("Files of job {} are not sent: {}", job(), e.toString());
            return Future.succeededFuture();
        });
    }

    /** Sends changed files, if it runs. */
    void sync() {
        if (launched && !over && !fenced) {
            send(false).onFailure(e -> fence());
        }
    }

    /** Follows an order; the first to stop counts. */
    void stop(String reason) {
        if (stoppedFor == null && !fenced) {
            LOG.info("Job {} is to end: {}", job(), reason);
            stoppedFor = reason;
            ordered = STOP;
            runner.stop(job(), lease(), node.grace());
        }
    }

    /** Tells the program to make room, and ends it after the notice. */
    void makeRoom(String reason) {
        if (ordered != null || over) {
            return;
        }
        ordered = "preempted".equals(reason) ? "preempt" : STOP;
        String text = new JsonObject().put("should_preempt", true).encode();
        node.vertx()
                .executeBlocking(() -> Files.writeString(folders.preemptFile(), text), false)
                .onFailure(e -> LOG.warn("Job {} is not told to make room: {}", job(), e.toString()));
        // how it ends while it makes room is for the server to judge
        if (!"preempted".equals(reason)) {
            stoppedFor = reason;
        }
        node.vertx().setTimer(Math.max(1, node.notice().toMillis()), fired -> {
            if (!over) {
                stoppedFor = stoppedFor == null ? reason : stoppedFor;
                runner.stop(job(), lease(), node.grace());
            }
        });
    }

    /** The lease is another's: ends the program at once, and nothing more is said of it. */
    void fence() {
        if (!fenced) {
            LOG.warn("The lease {} of job {} is lost; its program is ended", lease(), job());
            fenced = true;
            ordered = FENCE;
            outbox.discard();
            runner.stop(job(), lease(), Duration.ZERO);
        }
    }

    private void sendSoon() {
        if (!sending) {
            sending = true;
            node.vertx().setTimer(GATHER_MS, fired -> sendNow());
        }
    }

    private void sendNow() {
        if (fenced || outbox.isEmpty()) {
            sending = false;
            return;
        }
        JsonObject batch = outbox.batch();
        long notes = outbox.notesEnd();
        node.link().post(path("lines"), batch).onComplete(result -> {
            if (result.succeeded()) {
                pause.reset();
                outbox.confirm(result.result().getLong("taken"), notes);
                sendNow();
            } else if (ServerProblem.isLeaseLost(result.cause())) {
                sending = false;
                fence();
            } else {
                node.vertx().setTimer(pause.pauseMillis(), fired -> sendNow());
            }
        });
    }

    private Future<Void> drained() {
        if (fenced || outbox.isEmpty()) {
            return Future.succeededFuture();
        }
        sendSoon();
        return node.vertx().timer(GATHER_MS).compose(fired -> drained());
    }

    /** Until the server takes it, or says that it never will, or the lease is lost. */
    private <T> Future<T> tried(Supplier<Future<T>> call) {
        return tried(call, new Backoff());
    }

    private <T> Future<T> tried(Supplier<Future<T>> call, Backoff wait) {
        if (fenced) {
            return Future.failedFuture(new ServerProblem(409, "lease_lost", "the lease is lost"));
        }
        return call.get()
                .recover(e -> e instanceof ServerProblem p && !p.mayPass()
                        ? Future.failedFuture(e)
                        : node.vertx().timer(wait.pauseMillis()).compose(fired -> tried(call, wait)));
    }

    private String path(String what) {
        return "/workers/" + node.worker() + "/attempts/" + job() + "/" + lease() + "/" + what;
    }
}
