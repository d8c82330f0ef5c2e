package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.leader.LeaderLoop;
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

    private final DeploymentStore store;
    private final DeploymentLook look;
    private final Duration poll;
    private final LeaderLoop<Long> loop;
    private final Set<Long> live = new HashSet<>();

    DeploymentController(
            Vertx vertx,
            DeploymentStore store,
            DeploymentLook look,
            DeploymentMeters meters,
            Duration poll,
            Supplier<@Nullable Leadership> leadership) {
        this.store = store;
        this.look = look;
        this.poll = poll;
        this.loop = new LeaderLoop<>(vertx, "Looking at deployments", SOON, leadership, new LeaderLoop.Work<>() {
            @Override
            public Future<Void> all() {
                live.clear();
                return batch(0).compose(done -> store.counts()).map(counts -> {
                    meters.replicas(counts);
                    return null;
                });
            }

            @Override
            public void another() {
                meters.replicas(List.of()); // whoever leads counts them
            }

            @Override
            public Future<Void> one(Long agentId) {
                return store.find(agentId)
                        .compose(found -> found.isEmpty() || found.get().state() == DeploymentState.STOPPED
                                ? Future.succeededFuture()
                                : look(found.get()));
            }
        });
    }

    void start() {
        loop.start(poll);
    }

    void close() {
        loop.close();
    }

    void lookAtAll() {
        loop.lookAtAll();
    }

    /** A job of the agent moved. */
    void jobMoved(long agentId) {
        if (live.contains(agentId)) {
            moved(agentId);
        }
    }

    void moved(long agentId) {
        loop.moved(agentId);
    }

    boolean leads() {
        return loop.leads();
    }

    private Future<Void> batch(long after) {
        return store.live(after, BATCH).compose(some -> {
            some.forEach(d -> live.add(d.agentId()));
            return LeaderLoop.each(some, this::look)
                    .compose(done -> some.size() < BATCH
                            ? Future.succeededFuture()
                            : batch(some.get(BATCH - 1).agentId()));
        });
    }

    /** One deployment in trouble does not hold up the others. */
    private Future<Void> look(Deployment d) {
        if (!leads()) {
            return Future.succeededFuture();
        }
        live.add(d.agentId());
        return look.at(d)
                .onFailure(error -> LOG.warn("Deployment of agent {}: {}", d.agentId(), error.toString()))
                .transform(done -> Future.<Void>succeededFuture());
    }
}
