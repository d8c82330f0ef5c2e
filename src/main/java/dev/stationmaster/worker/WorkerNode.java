package dev.stationmaster.worker;

import dev.stationmaster.jobs.runner.GangRunner;
import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.Runner;
import dev.stationmaster.jobs.runner.gpu.GpuState;
import dev.stationmaster.jobs.runner.gpu.GpuWatch;
import dev.stationmaster.jobs.workers.WorkerService;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker: registers, polls, follows orders. Each poll prolongs the leases of what runs here; without one that is
 * answered for as long as a lease lasts, everything is ended, for by then it is another's. Time is measured by the clock
 * that is never set. Owns the runners of this process; lives on one event loop.
 */
public final class WorkerNode extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerNode.class);
    private static final double WAIT_SECONDS = 10;
    private static final Duration POLL = Duration.ofSeconds(20);
    private static final long BREATH_MS = 50;
    private static final long WATCH_MS = 250;
    private static final int MAX_PIECE = 4 << 20;
    private static final int MAX_GPUS = 64;

    /** What this box has. */
    public record Box(Resources capacity, GpuWatch gpus, String version, JsonObject labels) {}

    private final WorkerSettings settings;
    private final Clock clock;
    private final Box box;
    private final Map<String, Runner> runners = new LinkedHashMap<>();
    private final List<Runner> given;
    private final UUID session = UUID.randomUUID();
    private final Map<UUID, HeldAttempt> held = new LinkedHashMap<>();
    private final Backoff pause = new Backoff();
    private final Promise<String> refused = Promise.promise();
    private boolean polled;
    private @Nullable ServerLink link;
    private JsonObject terms = new JsonObject();
    private long pollNumber;
    private long contactNanos;
    private boolean gpusTold = true;
    private boolean closing;
    private boolean closed;

    public WorkerNode(WorkerSettings settings, Clock clock, List<Runner> runners, Box box) {
        this.settings = settings;
        this.clock = clock;
        this.given = List.copyOf(runners);
        this.box = box;
    }

    /** Completes with what to tell the user when the server will never take this worker. */
    public Future<String> refused() {
        return refused.future();
    }

    @Override
    public Future<?> start() {
        given.forEach(runner -> runners.put(runner.name(), new GangRunner(vertx, runner)));
        link = new ServerLink(vertx, settings);
        return vertx.executeBlocking(
                        () -> {
                            JobFolders.deleteTree(settings.dataDir().resolve("jobs"));
                            return null;
                        },
                        false)
                .compose(done -> Future.all(
                        runners.values().stream().map(Runner::cleanUp).toList()))
                .onSuccess(done -> {
                    contactNanos = clock.nanos();
                    box.gpus().onChange(() -> context.runOnContext(changed -> tellGpus()));
                    vertx.setPeriodic(WATCH_MS, fired -> watch());
                    vertx.setPeriodic(settings.sync().toMillis(), fired -> List.copyOf(held.values())
                            .forEach(HeldAttempt::sync));
                    register();
                });
    }

    private ServerLink link() {
        ServerLink open = link;
        if (open == null) {
            throw new IllegalStateException("not started");
        }
        return open;
    }

    /** What this box has now; GPUs come and go. */
    private JsonObject registration() {
        Resources has = box.capacity().withGpus(box.gpus().inService());
        var gpus = new JsonArray();
        box.gpus().devices().stream().limit(MAX_GPUS).forEach(gpu -> gpus.add(new GpuState(gpu, null).toJson()));
        return new JsonObject()
                .put("name", settings.name())
                .put("version", box.version())
                .put("protocol", WorkerService.PROTOCOL)
                .put("session", session.toString())
                .put("runners", new JsonArray(List.copyOf(runners.keySet())))
                .put("slots", settings.slots())
                .put(
                        "capacity",
                        new JsonObject()
                                .put("cpu_millis", has.cpuMillis())
                                .put("memory_bytes", has.memoryBytes())
                                .put("gpus", has.gpus())
                                .put("storage_bytes", has.storageBytes()))
                .put("gpus", gpus)
                .put("labels", box.labels());
    }

    /** A GPU came or went. What is not heard is told again after the next poll. */
    private void tellGpus() {
        boolean now = polled && !closing;
        gpusTold = now;
        if (now) {
            link().post("/workers", registration()).onFailure(e -> {
                LOG.warn("The server {} was not told of the GPUs: {}", settings.server(), e.toString());
                gpusTold = false;
            });
        }
    }

    private void register() {
        link().post("/workers", registration()).onComplete(result -> {
            if (result.succeeded()) {
                terms = result.result();
                LOG.info("The server {} knows this worker as {}", settings.server(), settings.name());
                pause.reset();
                poll();
            } else {
                again(result.cause(), this::register);
            }
        });
    }

    private void again(Throwable error, Runnable call) {
        if (closed) {
            return;
        }
        if (error instanceof ServerProblem p && !p.mayPass()) {
            refused.tryComplete(String.valueOf(p.getMessage()));
            return;
        }
        LOG.warn("The server {}: {}", settings.server(), error.toString());
        vertx.setTimer(pause.pauseMillis(), fired -> call.run());
    }

    private void poll() {
        if (closed) {
            return;
        }
        long began = clock.nanos();
        var attempts = new JsonArray();
        held.values().forEach(attempt -> attempts.add(attempt.toJson()));
        var body = new JsonObject()
                .put("session", session.toString())
                .put("number", ++pollNumber)
                .put("wait_seconds", closing ? 0.2 : WAIT_SECONDS)
                .put("accepts", !closing)
                .put("at", clock.utc().toString())
                .put("load", load())
                .put("attempts", attempts);
        link().post("/workers/" + settings.name() + "/poll", body, POLL).onComplete(result -> {
            if (result.succeeded()) {
                contactNanos = began; // the lease was prolonged later than that
                pause.reset();
                polled = true;
                if (!gpusTold) {
                    tellGpus();
                }
                follow(result.result().getJsonArray("orders"));
                vertx.setTimer(BREATH_MS, fired -> poll());
            } else if (result.cause() instanceof ServerProblem p && "not_found".equals(p.code())) {
                register(); // removed there, or its row is gone
            } else if (result.cause() instanceof ServerProblem p && "invalid_state".equals(p.code())) {
                vertx.setTimer(pause.pauseMillis(), fired -> poll()); // an earlier one was still on its way
            } else {
                again(result.cause(), this::poll);
            }
        });
    }

    /** What this process's jobs use together; nothing where none was measured. */
    private JsonObject load() {
        var load = new JsonObject();
        double cpu = 0;
        long memory = 0;
        boolean measured = false;
        for (HeldAttempt attempt : held.values()) {
            JsonObject one = attempt.toJson();
            measured |= one.containsKey("memory_bytes");
            cpu += one.getDouble("cpu_cores", 0.0);
            memory += one.getLong("memory_bytes", 0L);
        }
        return (measured ? load.put("cpu_cores", cpu).put("memory_bytes", memory) : load).put("gpus", gpuHolders());
    }

    /** Which job has which GPU. */
    private JsonObject gpuHolders() {
        var holders = new JsonObject();
        for (Runner runner : runners.values()) {
            List<GpuState> states = runner.gpus();
            for (GpuState gpu : states == null ? List.<GpuState>of() : states) {
                if (gpu.job() != null) {
                    holders.put(gpu.device().id(), gpu.job().toString());
                }
            }
        }
        return holders;
    }

    private void follow(JsonArray orders) {
        for (int i = 0; i < orders.size(); i++) {
            JsonObject order = orders.getJsonObject(i);
            UUID job = UUID.fromString(order.getString("job_id"));
            HeldAttempt attempt = held.get(job);
            if ("launch".equals(order.getString("order"))) {
                launch(order.getJsonObject("launch"), attempt);
            } else if (attempt != null && attempt.lease() == order.getLong("lease")) {
                switch (order.getString("order")) {
                    case "stop" -> stop(attempt, order.getString("reason", "cancelled"));
                    case "preempt" -> attempt.makeRoom("preempted");
                    default -> attempt.fence();
                }
            }
        }
    }

    private static void stop(HeldAttempt attempt, String reason) {
        if ("drained".equals(reason)) {
            attempt.makeRoom(reason);
        } else {
            attempt.stop(reason);
        }
    }

    private void launch(JsonObject order, @Nullable HeldAttempt before) {
        if (before != null) { // an older lease of the same job: its program must be gone first
            if (before.lease() != order.getLong("lease")) {
                before.fence();
                before.gone().onComplete(done -> launch(order, held.get(UUID.fromString(order.getString("job_id")))));
            }
            return;
        }
        JobFolders folders = JobFolders.of(settings.dataDir(), order);
        Launch launch = LaunchOrder.launch(order, folders, settings.server().toString());
        var node = new HeldAttempt.Node(
                vertx, link(), settings.name(), seconds("preempt_notice_seconds"), Duration.ofMillis((long)
                        (order.getDouble("grace_seconds") * 1000)));
        int piece = (int) Math.min(MAX_PIECE, terms.getLong("max_body_bytes", 1L << 20));
        var files = new FileSync(vertx, link(), clock, folders, launch.jobId().toString(), launch.lease(), piece);
        var attempt = new HeldAttempt(node, runnerFor(launch), launch, folders, files);
        held.put(launch.jobId(), attempt);
        attempt.gone().onComplete(done -> held.remove(launch.jobId(), attempt));
        attempt.start();
    }

    /** An image is for containers, where this box has them. */
    private Runner runnerFor(Launch launch) {
        Runner docker = runners.get("docker");
        Runner process = runners.get("process");
        Runner chosen = docker != null && (launch.image() != null || process == null) ? docker : process;
        return chosen == null ? new NoRunner() : chosen;
    }

    private Duration seconds(String term) {
        return Duration.ofMillis((long) (terms.getDouble(term, 1.0) * 1000));
    }

    /** Without contact for as long as a lease lasts, the server has given everything to others. */
    private void watch() {
        long lease = seconds("lease_seconds").toNanos();
        if (!held.isEmpty() && clock.nanos() - contactNanos > lease) {
            LOG.warn(
                    "No contact for {} s: all leases are lost",
                    Duration.ofNanos(lease).toSeconds());
            List.copyOf(held.values()).forEach(HeldAttempt::fence);
        }
    }

    /** In order: nothing more is taken, what runs is ended with its grace period and given back with its checkpoint. */
    @Override
    public Future<?> stop() {
        closing = true;
        return left().compose(done -> ended());
    }

    /** At once, or what is given back would come back. */
    private Future<?> left() {
        return link().post("/workers/" + settings.name() + "/leave", new JsonObject(), Duration.ofSeconds(2))
                .otherwiseEmpty();
    }

    private Future<?> ended() {
        var ends = new ArrayList<Future<Void>>();
        held.values().forEach(attempt -> {
            attempt.stop("worker_shutdown");
            ends.add(attempt.gone());
        });
        long most = settings.grace().multipliedBy(2).plusSeconds(10).toMillis();
        return Future.any(Future.join(ends).otherwiseEmpty(), vertx.timer(most))
                .compose(done -> {
                    closed = true;
                    return left();
                })
                .compose(left -> Future.join(runners.values().stream()
                                .map(runner -> runner.close(settings.grace()))
                                .toList())
                        .otherwiseEmpty())
                .onComplete(done -> link().close());
    }
}
