package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.leader.Leadership;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leader's loop over live deployments: hints make a look soon, and each poll looks at all. Its memory is only which
 * agents have one, to understand hints. Lives on one event loop.
 */
final class DeploymentController {
    private static final Logger LOG = LoggerFactory.getLogger(DeploymentController.class);
    /** Hints that come in between share one look. */
    private static final Duration SOON = Duration.ofMillis(50);

    private static final int BATCH = 100;

    private final Vertx vertx;
    private final DeploymentStore store;
    private final DeploymentLook look;
    private final DeploymentMeters meters;
    private final Duration poll;
    private final Supplier<@Nullable Leadership> leadership;
    private final Set<Long> live = new HashSet<>();
    private final Set<Long> due = new HashSet<>();
    private boolean allDue;
    private boolean busy;
    private boolean timed;
    private boolean closed;

    DeploymentController(
            Vertx vertx,
            DeploymentStore store,
            DeploymentLook look,
            DeploymentMeters meters,
            Duration poll,
            Supplier<@Nullable Leadership> leadership) {
        this.vertx = vertx;
        this.store = store;
        this.look = look;
        this.meters = meters;
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

    /** A job of the agent moved. */
    void jobMoved(long agentId) {
        if (live.contains(agentId)) {
            moved(agentId);
        }
    }

    void moved(long agentId) {
        if (!leads()) {
            return;
        }
        due.add(agentId);
        if (!timed) {
            timed = true;
            vertx.setTimer(SOON.toMillis(), id -> {
                timed = false;
                run();
            });
        }
    }

    boolean leads() {
        Leadership l = leadership.get();
        return !closed && l != null && l.isLeader();
    }

    private void run() {
        if (!leads()) {
            meters.replicas(List.of());
            return;
        }
        if (busy || !(allDue || !due.isEmpty())) {
            return;
        }
        busy = true;
        Future<Void> work;
        if (allDue) {
            allDue = false;
            due.clear();
            live.clear();
            work = all(0).compose(done -> store.counts()).map(counts -> {
                meters.replicas(counts);
                return null;
            });
        } else {
            var now = List.copyOf(due);
            due.clear();
            work = these(now, 0);
        }
        work.onFailure(e -> LOG.warn("Looking at deployments: {}", e.toString()))
                .onComplete(done -> {
                    busy = false;
                    run();
                });
    }

    private Future<Void> all(long after) {
        return store.live(after, BATCH).compose(some -> {
            Future<Void> done = Future.succeededFuture();
            for (Deployment d : some) {
                live.add(d.agentId());
                done = done.compose(before -> one(d));
            }
            return some.size() < BATCH
                    ? done
                    : done.compose(before -> all(some.get(BATCH - 1).agentId()));
        });
    }

    private Future<Void> these(List<Long> agents, int at) {
        return at == agents.size()
                ? Future.succeededFuture()
                : store.find(agents.get(at))
                        .compose(found -> found.isEmpty() || found.get().state() == DeploymentState.STOPPED
                                ? Future.succeededFuture()
                                : one(found.get()))
                        .compose(done -> these(agents, at + 1));
    }

    /** One deployment in trouble does not hold up the others. */
    private Future<Void> one(Deployment d) {
        if (!leads()) {
            return Future.succeededFuture();
        }
        live.add(d.agentId());
        return look.at(d)
                .onFailure(error -> LOG.warn("Deployment of agent {}: {}", d.agentId(), error.toString()))
                .transform(done -> Future.<Void>succeededFuture());
    }
}
