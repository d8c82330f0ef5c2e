package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.jobs.runner.Resources;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the cluster tells of this server's Jobs and pods, by one watch each, and now and then what it has and whether it is there
 * at all. Lives on one event loop; the watches' own threads only pass on.
 */
final class ClusterWatch {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterWatch.class);
    private static final long LOOK_MS = 2_000;
    /** Looks between two comparisons with a full list, in case that a watch hangs. */
    private static final int COMPARE_EVERY = 30;
    /** The cluster notes the end of a Job a little after that of its pod. */
    private static final Duration NOTED = Duration.ofMinutes(1);

    private final AttemptParts parts;
    private final Vertx vertx;
    private final WorkerExecutor worker;
    private final Map<AttemptName, KubernetesAttempt> attempts;
    private final Map<AttemptName, Long> ended = new HashMap<>();
    private volatile ClusterCapacity capacity;
    private @Nullable SharedIndexInformer<Job> jobs;
    private @Nullable SharedIndexInformer<Pod> pods;
    private volatile boolean reachable = true;
    private boolean looking;
    private boolean strays;
    private int looks;
    private long timer = -1;
    private long answeredAt;

    /** Blocks for a moment, for the capacity. */
    ClusterWatch(AttemptParts parts, Map<AttemptName, KubernetesAttempt> attempts) {
        this.parts = parts;
        this.vertx = parts.vertx();
        this.worker = parts.worker();
        this.attempts = attempts;
        this.capacity = ClusterCapacity.of(List.of(), List.of(), parts.settings());
        try {
            capacity = ClusterCapacity.read(parts.api(), parts.settings());
            say();
        } catch (RuntimeException e) {
            reachable = false;
            LOG.warn(
                    "The cluster at {} does not answer; nothing is given to it until it does: {}",
                    parts.api().where(),
                    e.toString());
        }
    }

    private void say() {
        Resources all = capacity.all();
        if (all.cpuMillis() == 0 || all.memoryBytes() == 0) {
            LOG.error(
                    "The cluster at {} does not say what it has: neither its nodes nor a quota of the namespace can be "
                            + "read. Set runners.kubernetes_cpu and runners.kubernetes_memory; until then no job fits.",
                    parts.api().where());
        } else {
            LOG.info("The cluster at {} offers {}", parts.api().where(), all);
        }
    }

    ClusterCapacity capacity() {
        return capacity;
    }

    boolean isReachable() {
        return reachable;
    }

    /** Only the first call counts. */
    void start() {
        if (timer >= 0) {
            return;
        }
        answeredAt = parts.clock().nanos();
        Context context = vertx.getOrCreateContext();
        pods = parts.api().watchPods(parts.server(), told(context, KubernetesAttempt::seen, KubernetesAttempt::gone));
        jobs = parts.api()
                .watchJobs(parts.server(), told(context, KubernetesAttempt::seen, (attempt, job) -> attempt.jobGone()));
        timer = vertx.setPeriodic(LOOK_MS, fired -> look());
    }

    private <T extends HasMetadata> ResourceEventHandler<T> told(
            Context context, BiConsumer<KubernetesAttempt, T> seen, BiConsumer<KubernetesAttempt, T> gone) {
        return new ResourceEventHandler<>() {
            @Override
            public void onAdd(T now) {
                pass(now, seen);
            }

            @Override
            public void onUpdate(T before, T now) {
                pass(now, seen);
            }

            @Override
            public void onDelete(T last, boolean unseen) {
                pass(last, gone);
            }

            private void pass(T thing, BiConsumer<KubernetesAttempt, T> what) {
                AttemptName.of(thing)
                        .ifPresent(name -> context.runOnContext(v -> {
                            KubernetesAttempt attempt = attempts.get(name);
                            if (attempt != null) {
                                what.accept(attempt, thing);
                            }
                        }));
            }
        };
    }

    /** An attempt that is over, or never was. */
    void forget(AttemptName name) {
        attempts.remove(name);
        ended.put(name, parts.clock().nanos());
    }

    /** What an earlier server left and nobody adopted. From now on also what else belongs to no attempt. */
    Future<Integer> deleteStrays() {
        strays = true;
        Set<AttemptName> own = Set.copyOf(attempts.keySet());
        return worker.executeBlocking(
                        () -> {
                            List<Job> left = parts.api().jobsOf(parts.server()).stream()
                                    .filter(job -> AttemptName.of(job)
                                            .filter(own::contains)
                                            .isEmpty())
                                    .toList();
                            left.forEach(job ->
                                    parts.api().deleteJob(job.getMetadata().getName()));
                            return (int) left.stream()
                                    .filter(job -> JobManifest.end(job).isEmpty())
                                    .count();
                        },
                        false)
                .recover(e -> {
                    LOG.warn("What an earlier server left in the cluster can't be deleted now: {}", e.toString());
                    return Future.succeededFuture(0);
                });
    }

    private void look() {
        if (looking) {
            return;
        }
        looking = true;
        boolean compare = ++looks % COMPARE_EVERY == 0;
        showPreemptions()
                .compose(done -> worker.executeBlocking(() -> ask(compare), false))
                .onSuccess(this::answered)
                .onFailure(this::silent)
                .onComplete(done -> looking = false);
    }

    /** @param compare whether all pods are wanted; null in the answer otherwise */
    private Answer ask(boolean compare) {
        if (!compare) {
            parts.api().ping();
            return new Answer(null, null);
        }
        return new Answer(parts.api().podsOf(parts.server()), ClusterCapacity.read(parts.api(), parts.settings()));
    }

    private record Answer(
            @Nullable List<Pod> pods, @Nullable ClusterCapacity capacity) {}

    private void answered(Answer answer) {
        answeredAt = parts.clock().nanos();
        if (!reachable) {
            LOG.info("The cluster answers");
            looks = COMPARE_EVERY - 1; // the next look compares
        }
        reachable = true;
        if (answer.capacity != null) {
            capacity = answer.capacity;
        }
        if (answer.pods != null) {
            answer.pods.forEach(pod -> AttemptName.of(pod).map(attempts::get).ifPresent(a -> a.seen(pod)));
        }
        if (strays) {
            sweep();
        }
    }

    private void silent(Throwable error) {
        if (KubernetesApi.refused(error)) { // it is there
            LOG.warn("The cluster refuses this server: {}", KubernetesApi.text(error));
            answeredAt = parts.clock().nanos();
            reachable = false;
            return;
        }
        if (reachable) {
            LOG.warn("The cluster does not answer: {}", error.toString());
        }
        reachable = false;
        Duration limit = parts.settings().patience().silence();
        if (parts.clock().nanos() - answeredAt >= limit.toNanos()) {
            List.copyOf(attempts.values())
                    .forEach(attempt -> attempt.giveUp("the cluster did not answer for " + limit.toSeconds() + " s"));
        }
    }

    /** Jobs that run for nobody, by what the watch knows. Those that ended stay until their time is over. */
    private void sweep() {
        long now = parts.clock().nanos();
        ended.values().removeIf(at -> now - at > NOTED.toNanos());
        SharedIndexInformer<Job> known = jobs;
        if (known == null) {
            return;
        }
        Set<String> stray = new HashSet<>();
        for (Job job : known.getStore().list()) {
            boolean nobodys = AttemptName.of(job)
                    .filter(name -> !attempts.containsKey(name) && !ended.containsKey(name))
                    .isPresent();
            if (nobodys
                    && job.getMetadata().getDeletionTimestamp() == null
                    && JobManifest.end(job).isEmpty()) {
                stray.add(job.getMetadata().getName());
            }
        }
        if (!stray.isEmpty()) {
            LOG.info("Deleting {} Jobs that belong to no attempt of this server", stray.size());
            worker.executeBlocking(
                            () -> {
                                stray.forEach(parts.api()::deleteJob);
                                return stray.size();
                            },
                            false)
                    .onFailure(e -> LOG.debug("Deleting strays: {}", e.toString()));
        }
    }

    /** The server asks for room by a file in its own folder, which pods don't see. */
    private Future<?> showPreemptions() {
        Map<AttemptName, Path> files = new HashMap<>();
        attempts.forEach((name, attempt) -> {
            String file = attempt.launch().env().get("STATIONMASTER_PREEMPT_FILE");
            if (file != null && !attempt.isToldToMakeRoom()) {
                files.put(name, Path.of(file));
            }
        });
        return files.isEmpty()
                ? Future.succeededFuture()
                : worker.executeBlocking(() -> contents(files), false)
                        .onSuccess(there -> there.forEach((name, text) -> {
                            KubernetesAttempt attempt = attempts.get(name);
                            if (attempt != null) {
                                attempt.preempt(text);
                            }
                        }));
    }

    private static Map<AttemptName, String> contents(Map<AttemptName, Path> files) {
        Map<AttemptName, String> there = new HashMap<>();
        files.forEach((name, file) -> {
            try {
                if (Files.exists(file)) {
                    there.put(name, Files.readString(file));
                }
            } catch (NoSuchFileException e) {
                LOG.debug("{} went away", file);
            } catch (IOException e) {
                LOG.warn("{} can't be read: {}", file, e.toString());
            }
        });
        return there;
    }

    /** Blocks. */
    void close() {
        vertx.cancelTimer(timer);
        if (pods != null) {
            pods.stop();
        }
        if (jobs != null) {
            jobs.stop();
        }
        parts.api().close();
    }
}
