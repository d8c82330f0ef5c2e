package dev.stationmaster.experiments;

import dev.stationmaster.platform.leader.Leadership;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leader's loop over unfinished experiments: hints make a look soon, and each poll looks at all. Its memory is only
 * which job belongs to which experiment, to understand hints. Lives on one event loop.
 */
final class ExperimentController {
    private static final Logger LOG = LoggerFactory.getLogger(ExperimentController.class);
    /** Hints that come in between share one look. */
    private static final Duration SOON = Duration.ofMillis(100);

    private static final int BATCH = 100;

    private final Vertx vertx;
    private final ExperimentStore store;
    private final Advance advance;
    private final Duration poll;
    private final Supplier<@Nullable Leadership> leadership;
    private final Map<UUID, UUID> experimentOf = new HashMap<>();
    private final Map<UUID, Set<UUID>> jobsOf = new HashMap<>();
    private final Set<UUID> due = new HashSet<>();
    private boolean allDue;
    private boolean busy;
    private boolean timed;
    private boolean closed;

    ExperimentController(
            Vertx vertx,
            ExperimentStore store,
            Advance advance,
            Duration poll,
            Supplier<@Nullable Leadership> leadership) {
        this.vertx = vertx;
        this.store = store;
        this.advance = advance;
        this.poll = poll;
        this.leadership = leadership;
    }

    void start() {
        vertx.setPeriodic(poll.toMillis(), id -> lookAtAll());
    }

    void close() {
        closed = true;
    }

    void lookAtAll() {
        allDue = true;
        run();
    }

    /** A job moved or reported. */
    void jobMoved(UUID job) {
        UUID experiment = experimentOf.get(job);
        if (experiment != null) {
            moved(experiment);
        }
    }

    void moved(UUID experiment) {
        if (!leads()) {
            return;
        }
        due.add(experiment);
        if (!timed) {
            timed = true;
            vertx.setTimer(SOON.toMillis(), id -> {
                timed = false;
                run();
            });
        }
    }

    private boolean leads() {
        Leadership l = leadership.get();
        return !closed && l != null && l.isLeader();
    }

    private void run() {
        if (busy || !leads() || !(allDue || !due.isEmpty())) {
            return;
        }
        busy = true;
        Future<Void> work;
        if (allDue) {
            allDue = false;
            due.clear();
            work = all(0);
        } else {
            var now = List.copyOf(due);
            due.clear();
            work = these(now, 0);
        }
        work.onFailure(e -> LOG.warn("Advancing experiments: {}", e.toString())).onComplete(done -> {
            busy = false;
            run();
        });
    }

    private Future<Void> all(long after) {
        return store.unfinished(after, BATCH).compose(some -> {
            Future<Void> done = Future.succeededFuture();
            for (Experiment e : some) {
                done = done.compose(before -> one(e));
            }
            return some.size() < BATCH
                    ? done
                    : done.compose(before -> all(some.get(BATCH - 1).seq()));
        });
    }

    private Future<Void> these(List<UUID> ids, int at) {
        return at == ids.size()
                ? Future.succeededFuture()
                : store.byId(ids.get(at))
                        .compose(found -> found.isEmpty() || found.get().state().isFinal()
                                ? Future.succeededFuture()
                                : one(found.get()))
                        .compose(done -> these(ids, at + 1));
    }

    /** One experiment in trouble does not hold up the others. */
    private Future<Void> one(Experiment e) {
        if (!leads()) {
            return Future.succeededFuture();
        }
        return advance.look(e)
                .onSuccess(trials -> remember(e.id(), trials))
                .onFailure(error -> LOG.warn("Experiment {}: {}", e.id(), error.toString()))
                .transform(done -> Future.<Void>succeededFuture());
    }

    private void remember(UUID experiment, List<Trial> trials) {
        Set<UUID> before = jobsOf.remove(experiment);
        if (before != null) {
            before.forEach(experimentOf::remove);
        }
        var jobs = new HashSet<UUID>();
        for (Trial t : trials) {
            UUID job = t.jobId();
            if (job != null && t.state().isActive()) {
                jobs.add(job);
                experimentOf.put(job, experiment);
            }
        }
        if (!jobs.isEmpty()) {
            jobsOf.put(experiment, jobs);
        }
    }
}
