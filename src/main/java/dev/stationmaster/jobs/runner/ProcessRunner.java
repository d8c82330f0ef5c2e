package dev.stationmaster.jobs.runner;

import dev.stationmaster.jobs.runner.gpu.GpuState;
import dev.stationmaster.platform.process.ProcFs;
import dev.stationmaster.platform.process.ProcessStat;
import dev.stationmaster.platform.process.Waits;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs attempts as processes of the server's own machine, without isolation: only for programs that are trusted.
 *
 * <p>Enforced: wall clock; memory, by a look at the resident sets each second, so a fast leak may overshoot; CPU, as whole
 * cores (see {@link CpuSets}), where {@code taskset} is there. Not enforced: fractions of a core (programs run at a lower
 * priority than the server) and storage, which is only counted when work is placed; GPUs are handed out one by one and
 * shown to a program by {@code CUDA_VISIBLE_DEVICES}, which it could change. Needs a POSIX system with {@code mkfifo}; without {@code setsid} and
 * {@code /proc} (macOS) processes that detach from their parent are not found and usage is unknown.
 *
 * <p>Owns {@code run/} of the data folder. Lives on one event loop.
 */
public final class ProcessRunner implements Runner {
    private static final Logger log = LoggerFactory.getLogger(ProcessRunner.class);
    private static final int WORKERS = 4;
    private static final Duration AFTER_KILL = Duration.ofSeconds(15);

    private final Vertx vertx;
    private final Clock clock;
    private final ProcessRunnerSettings settings;
    private final AttemptRecords records;
    private final ProcessLauncher launcher;
    private final WorkerExecutor worker;
    private final CpuSets cpus;
    private final GpuSets gpus;
    private final ProcessServices services;
    private final Map<Key, ProcessAttempt> attempts = new HashMap<>();
    private boolean closed;
    private boolean measuring;
    private long sampleTimer = -1;

    private record Key(UUID jobId, long lease, int replica) {}

    public ProcessRunner(Vertx vertx, Clock clock, Path dataDir, ProcessRunnerSettings settings) {
        this.vertx = vertx;
        this.clock = clock;
        this.settings = settings;
        this.records = new AttemptRecords(dataDir);
        this.launcher = new ProcessLauncher(records);
        this.cpus = new CpuSets(ProcFs.allowedCores().map(CpuSets::parse).orElse(List.of()));
        this.gpus = new GpuSets(settings.gpus());
        this.worker = vertx.createSharedWorkerExecutor("process-runner", WORKERS);
        this.services = new ProcessServices(vertx, worker, launcher);
    }

    @Override
    public String name() {
        return "process";
    }

    @Override
    public Resources capacity() {
        return settings.capacity().withGpus(gpus.inService());
    }

    @Override
    public @Nullable List<GpuState> gpus() {
        return gpus.states();
    }

    @Override
    public Future<Integer> cleanUp() {
        return worker.executeBlocking(this::endOrphans, false);
    }

    private int endOrphans() {
        List<ProcessGroup> orphans =
                records.read().stream().filter(group -> !group.empty()).toList();
        for (ProcessGroup group : orphans) {
            log.info("Ending process group {}, left over by a server that was killed", group.pid());
            group.signal("TERM");
        }
        if (!Waits.until(() -> orphans.stream().allMatch(ProcessGroup::empty), settings.orphanGrace())) {
            orphans.forEach(group -> group.signal("KILL"));
            for (ProcessGroup group : orphans) {
                if (!group.awaitEmpty(AFTER_KILL)) {
                    log.error("Process group {} does not end even by force", group.pid());
                }
            }
        }
        records.clear();
        return orphans.size();
    }

    @Override
    public Future<Void> launch(Launch launch, RunnerEvents events) {
        Key key = new Key(launch.jobId(), launch.lease(), launch.replica());
        if (closed) {
            return Future.failedFuture(new LaunchException("The runner is being closed."));
        }
        if (attempts.containsKey(key)) {
            return Future.failedFuture(new LaunchException("This attempt runs already."));
        }
        try {
            gpus.take(key, launch.jobId(), launch.limits().gpus());
        } catch (LaunchException e) {
            return Future.failedFuture(e);
        }
        ProcessAttempt attempt = new ProcessAttempt(vertx, worker, clock, settings, launch, events);
        attempts.put(key, attempt);
        Optional<String> cores = cpus.take(key, launch.limits().cpuMillis());
        Map<String, String> devices = gpus.env(key);
        return worker.executeBlocking(() -> services.withPort(key, launch.with(devices)), false)
                .compose(ready -> worker.executeBlocking(() -> launcher.start(ready, cores), false)
                        .onSuccess(started -> services.started(key, ready, events)))
                .onSuccess(started -> {
                    startMeasuring();
                    attempt.run(started)
                            .compose(exit -> forget(key).map(exit))
                            .onSuccess(events::exited)
                            .onFailure(e -> log.error("Reporting the end of {} failed", launch, e))
                            .onComplete(result -> attempt.gone().complete());
                })
                .onFailure(e -> {
                    services.over(key);
                    cpus.giveBack(key);
                    gpus.giveBack(key);
                    attempts.remove(key);
                    attempt.gone().complete();
                })
                .recover(e -> Future.failedFuture(
                        e instanceof LaunchException
                                ? e
                                : new LaunchException("The attempt could not be started: " + e.getMessage())))
                .mapEmpty();
    }

    private Future<Void> forget(Key key) {
        return worker.<Void>executeBlocking(
                        () -> {
                            records.delete(key.jobId() + "-" + key.lease() + "-" + key.replica());
                            return null;
                        },
                        false)
                .otherwiseEmpty()
                .onComplete(result -> {
                    services.over(key);
                    cpus.giveBack(key);
                    gpus.giveBack(key);
                    attempts.remove(key);
                    if (attempts.isEmpty()) {
                        vertx.cancelTimer(sampleTimer);
                        sampleTimer = -1;
                    }
                });
    }

    private void startMeasuring() {
        if (sampleTimer < 0) {
            sampleTimer = vertx.setPeriodic(settings.sampleEvery().toMillis(), id -> measure());
        }
    }

    /** One look at the process table serves all attempts. */
    private void measure() {
        if (measuring) { // the machine is too busy: rather miss one look than pile them up
            return;
        }
        measuring = true;
        Map<ProcessAttempt, ProcessGroup> groups = new HashMap<>();
        for (ProcessAttempt attempt : attempts.values()) {
            ProcessGroup group = attempt.group();
            if (group != null) {
                groups.put(attempt, group);
            }
        }
        worker.executeBlocking(() -> membersOf(groups), false)
                .onComplete(result -> measuring = false)
                .onSuccess(members -> {
                    long nanos = clock.nanos();
                    members.forEach((attempt, processes) -> attempt.measured(processes, nanos));
                })
                .onFailure(e -> log.warn("Measuring usage failed", e));
    }

    private static Map<ProcessAttempt, List<ProcessStat>> membersOf(Map<ProcessAttempt, ProcessGroup> groups) {
        List<ProcessStat> all = ProcFs.running();
        Map<ProcessAttempt, List<ProcessStat>> members = new HashMap<>();
        groups.forEach((attempt, group) -> members.put(attempt, group.membersIn(all)));
        return members;
    }

    @Override
    public void stop(UUID jobId, long lease, Duration grace) {
        attempts.forEach((key, attempt) -> {
            if (key.jobId().equals(jobId) && key.lease() == lease) {
                attempt.end(Exit.Cause.STOPPED, "stopped on request", grace);
            }
        });
    }

    @Override
    public Future<Void> close(Duration grace) {
        closed = true;
        List<Future<Void>> ends = attempts.values().stream()
                .map(attempt -> {
                    attempt.end(Exit.Cause.STOPPED, "stopped because the server is being closed", grace);
                    return attempt.gone().future();
                })
                .toList();
        // Bounded: somebody who never takes the last lines must not keep the server from ending.
        Future<Void> late = vertx.timer(grace.plus(AFTER_KILL).toMillis(), TimeUnit.MILLISECONDS)
                .mapEmpty();
        return Future.any(Future.join(ends).otherwiseEmpty(), late)
                .eventually(worker::close)
                .mapEmpty();
    }
}
