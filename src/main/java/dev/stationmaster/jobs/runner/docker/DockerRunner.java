package dev.stationmaster.jobs.runner.docker;

import com.github.dockerjava.api.model.Container;
import dev.stationmaster.jobs.runner.Exit;
import dev.stationmaster.jobs.runner.GpuSets;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.LaunchException;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.jobs.runner.RunnerEvents;
import dev.stationmaster.jobs.runner.gpu.GpuState;
import dev.stationmaster.jobs.runner.gpu.GpuWatch;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs attempts as containers. What it offers is the engine's machine; while the engine is silent it offers nothing, and
 * what runs goes on. Containers of this server that belong to no attempt are removed. Lives on one event loop.
 */
public final class DockerRunner implements Runner {
    private static final Logger LOG = LoggerFactory.getLogger(DockerRunner.class);
    private static final int WORKERS = 8;
    private static final int PULLS = 4;
    private static final long LOOK_MS = 5_000;
    private static final String NEVER_STARTED = "created";
    private static final Duration AFTER_KILL = Duration.ofSeconds(15);
    /** How long the engine may be silent before its containers are given up. */
    private static final Duration ENGINE_GRACE = Duration.ofSeconds(60);

    private final Vertx vertx;
    private final Clock clock;
    private final DockerSettings settings;
    private final Resources capacity;
    private final String server;
    private final int maxLineBytes;
    private final DockerEngine engine;
    private final ContainerLayout layout;
    private final GpuSets gpus;
    private final DockerServices services;
    private final WorkerExecutor worker;
    private final WorkerExecutor pulls;
    private final Map<Key, DockerAttempt> attempts = new HashMap<>();
    private boolean reachable = true;
    private boolean looking;
    private boolean closed;
    private long timer = -1;

    private record Key(UUID jobId, long lease, int replica) {
        static Key of(Launch launch) {
            return new Key(launch.jobId(), launch.lease(), launch.replica());
        }

        static Key of(Container container) {
            Map<String, String> labels = container.getLabels();
            return new Key(
                    UUID.fromString(labels.getOrDefault(DockerEngine.JOB_LABEL, new UUID(0, 0).toString())),
                    Long.parseLong(labels.getOrDefault(DockerEngine.LEASE_LABEL, "-1")),
                    Integer.parseInt(labels.getOrDefault(DockerEngine.REPLICA_LABEL, "0")));
        }
    }

    /**
     * Blocks for a moment: asks the engine what it has, where the settings don't say.
     *
     * @param server whose containers these are; the same after a restart
     * @param gpus its engine's
     * @param fallback what is offered when the engine does not answer now
     */
    public DockerRunner(
            Vertx vertx,
            Clock clock,
            Path dataDir,
            DockerSettings settings,
            String server,
            int maxLineBytes,
            Resources fallback,
            GpuWatch gpus) {
        this.vertx = vertx;
        this.clock = clock;
        this.settings = settings;
        this.server = server;
        this.maxLineBytes = maxLineBytes;
        this.engine = new DockerEngine(settings);
        this.services = new DockerServices(vertx, engine, settings);
        this.gpus = new GpuSets(gpus);
        this.layout = new ContainerLayout(dataDir, settings);
        this.capacity = EngineCapacity.of(engine, settings, fallback);
        this.worker = vertx.createSharedWorkerExecutor("docker-runner", WORKERS);
        this.pulls = vertx.createSharedWorkerExecutor(
                "docker-pull", PULLS, settings.pullTimeout().toSeconds() + 60, TimeUnit.SECONDS);
    }

    @Override
    public String name() {
        return "docker";
    }

    @Override
    public Resources capacity() {
        return capacity.withGpus(gpus.inService());
    }

    @Override
    public boolean available() {
        return reachable;
    }

    @Override
    public boolean outlivesServer() {
        return true;
    }

    @Override
    public @Nullable List<GpuState> gpus() {
        return gpus.states();
    }

    @Override
    public Future<Integer> cleanUp() {
        timer = vertx.setPeriodic(LOOK_MS, fired -> look());
        return worker.executeBlocking(() -> engine.own(server), false)
                .compose(this::removeStrays)
                .recover(e -> {
                    LOG.warn(
                            "The container engine {} does not answer; nothing is given to it until it does: {}",
                            settings.host().orElse("(by default)"),
                            e.toString());
                    reachable = false;
                    return Future.succeededFuture(0);
                });
    }

    /** Whether the engine is there, what runs uses, and whether anything runs that should not. */
    private void look() {
        if (looking) {
            return;
        }
        looking = true;
        worker.executeBlocking(() -> engine.own(server), false)
                .onComplete(found -> reachable = found.succeeded())
                .compose(this::removeStrays)
                .compose(done -> measure(List.copyOf(attempts.values()), 0))
                .onFailure(e -> LOG.debug("The engine: {}", e.toString()))
                .onComplete(done -> looking = false);
    }

    private Future<Void> measure(List<DockerAttempt> running, int from) {
        return from == running.size()
                ? Future.succeededFuture()
                : running.get(from).measure().transform(done -> measure(running, from + 1));
    }

    private Future<Integer> removeStrays(List<Container> containers) {
        containers.stream()
                .filter(c -> attempts.containsKey(Key.of(c)))
                .toList()
                .forEach(c -> claimGpus(List.of(c)));
        var strays = containers.stream()
                .filter(container -> !attempts.containsKey(Key.of(container)))
                .map(Container::getId)
                .toList();
        if (strays.isEmpty()) {
            return Future.succeededFuture(0);
        }
        LOG.info("Removing {} containers that belong to no attempt of this server", strays.size());
        return worker.executeBlocking(
                () -> {
                    strays.forEach(engine::remove);
                    return strays.size();
                },
                false);
    }

    @Override
    public Future<Void> launch(Launch launch, RunnerEvents events) {
        Key key = Key.of(launch);
        String image = launch.image();
        if (closed || image == null || attempts.containsKey(key)) {
            return Future.failedFuture(new LaunchException(
                    closed
                            ? "The runner is being closed."
                            : image == null ? "The agent has no docker_image." : "This attempt runs already."));
        }
        List<String> devices;
        try {
            devices = gpus.take(key, launch.jobId(), launch.limits().gpus());
        } catch (LaunchException e) {
            return Future.failedFuture(e);
        }
        var attempt = new DockerAttempt(vertx, worker, clock, engine, ENGINE_GRACE, maxLineBytes, launch, events);
        attempts.put(key, attempt);
        return worker.executeBlocking(() -> engine.hasImage(image), false)
                .compose(there -> there ? Future.succeededFuture() : pull(image, launch, attempt, events))
                .compose(there -> worker.executeBlocking(() -> services.withPort(key, launch), false))
                .compose(ready -> start(image, ready, devices, attempt)
                        .onSuccess(id -> looked(services.started(key, ready, id, events))))
                .onSuccess(id -> follow(key, id, attempt))
                .onFailure(e -> {
                    services.over(key);
                    attempts.remove(key);
                    gpus.giveBack(key);
                    attempt.gone().complete();
                })
                .recover(e -> Future.failedFuture(e instanceof LaunchException ? e : unreachable(e)))
                .mapEmpty();
    }

    /** Until it ends. */
    private void follow(Key key, String id, DockerAttempt attempt) {
        attempt.run(id)
                .compose(exit -> remove(id).map(exit))
                .onSuccess(exit -> {
                    services.over(key);
                    attempts.remove(key);
                    gpus.giveBack(key);
                    attempt.tell(exit);
                })
                .onFailure(e -> LOG.error("Reporting the end of {} failed", key, e))
                .onComplete(result -> attempt.gone().tryComplete());
    }

    /** An engine that does not answer now may still run it: it is asked again for a while. */
    @Override
    public Future<Boolean> adopt(Launch launch, RunnerEvents events) {
        Key key = Key.of(launch);
        return worker.executeBlocking(() -> engine.own(server), false)
                .map(containers -> {
                    claimGpus(containers);
                    return containers.stream()
                            .filter(c -> Key.of(c).equals(key) && !NEVER_STARTED.equals(c.getState()))
                            .map(Container::getId)
                            .findFirst();
                })
                .otherwise(Optional.of(DockerEngine.name(launch)))
                .map(found -> found.isPresent() && takeUp(key, found.get(), launch, events));
    }

    private boolean takeUp(Key key, String id, Launch launch, RunnerEvents events) {
        var attempt = new DockerAttempt(vertx, worker, clock, engine, ENGINE_GRACE, maxLineBytes, launch, events);
        attempts.put(key, attempt);
        follow(key, id, attempt);
        looked(services.adopted(key, launch, id, events));
        return true;
    }

    private static void looked(Future<?> started) {
        started.onFailure(e -> LOG.warn("The health of a service is not looked at: {}", e.toString()));
    }

    /** What containers were given that this process did not start. */
    private void claimGpus(List<Container> containers) {
        for (Container container : containers) {
            String devices = container.getLabels().getOrDefault(DockerEngine.GPUS_LABEL, "");
            if (!devices.isEmpty()) {
                Key key = Key.of(container);
                gpus.claim(key, key.jobId(), List.of(devices.split(",")));
            }
        }
    }

    private Future<Void> pull(String image, Launch launch, DockerAttempt attempt, RunnerEvents events) {
        Context context = Objects.requireNonNull(Vertx.currentContext());
        var pull = new ImagePull(
                image,
                line -> context.runOnContext(v -> events.notes(List.of(line))
                        .onFailure(e -> LOG.debug("Progress was not taken: {}", e.toString()))));
        attempt.pulling(pull);
        return pulls.executeBlocking(
                () -> {
                    engine.pull(image, RegistryLogin.of(launch), pull);
                    pull.await(settings.pullTimeout().toSeconds());
                    return null;
                },
                false);
    }

    private Future<String> start(String image, Launch launch, List<String> devices, DockerAttempt attempt) {
        if (attempt.isToEnd()) {
            return Future.failedFuture(new LaunchException("It was stopped before it started."));
        }
        return worker.executeBlocking(
                () -> {
                    String id = engine.create(image, launch, devices, server, layout);
                    try {
                        engine.start(id);
                        return id;
                    } catch (RuntimeException e) {
                        engine.remove(id);
                        throw e;
                    }
                },
                false);
    }

    private static LaunchException unreachable(Throwable e) {
        String text = String.valueOf(e.getMessage()).strip();
        return new LaunchException("The container engine refuses to start it: " + text);
    }

    /** A container that can't be removed now is removed by the next look. */
    private Future<Void> remove(String id) {
        return worker.<Void>executeBlocking(
                        () -> {
                            engine.remove(id);
                            return null;
                        },
                        false)
                .otherwiseEmpty();
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
        vertx.cancelTimer(timer);
        var ends = new ArrayList<Future<Void>>();
        var goOn = attempts.values().stream()
                .filter(attempt -> attempt.launch().replicas() == 1 && attempt.goesOn())
                .toList();
        if (!goOn.isEmpty()) {
            LOG.info("{} containers run on; the next start of this server takes them up", goOn.size());
        }
        attempts.keySet().forEach(services::over);
        goOn.forEach(DockerAttempt::letGo);
        attempts.values().stream().filter(attempt -> !goOn.contains(attempt)).forEach(attempt -> {
            attempt.end(Exit.Cause.STOPPED, "stopped because the server is being closed", grace);
            ends.add(attempt.gone().future());
        });
        Future<Void> late = vertx.timer(grace.plus(AFTER_KILL).toMillis(), TimeUnit.MILLISECONDS)
                .mapEmpty();
        return Future.any(Future.join(ends).otherwiseEmpty(), late)
                .compose(done -> worker.<@Nullable Void>executeBlocking(() -> {
                    engine.close();
                    return null;
                }))
                .eventually(() -> Future.join(worker.close(), pulls.close(), services.close()))
                .mapEmpty();
    }
}
