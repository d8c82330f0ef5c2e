package dev.stationmaster.experiments;

import dev.stationmaster.platform.leader.LeaderLoop;
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

    private final ExperimentStore store;
    private final Advance advance;
    private final Duration poll;
    private final LeaderLoop<UUID> loop;
    private final Map<UUID, UUID> experimentOf = new HashMap<>();
    private final Map<UUID, Set<UUID>> jobsOf = new HashMap<>();

    ExperimentController(
            Vertx vertx,
            ExperimentStore store,
            Advance advance,
            Duration poll,
            Supplier<@Nullable Leadership> leadership) {
        this.store = store;
        this.advance = advance;
        this.poll = poll;
        this.loop = new LeaderLoop<>(vertx, "Advancing experiments", SOON, leadership, new LeaderLoop.Work<>() {
            @Override
            public Future<Void> all() {
                return batch(0);
            }

            @Override
            public Future<Void> one(UUID id) {
                return store.byId(id)
                        .compose(found -> found.isEmpty() || found.get().state().isFinal()
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

    /** A job moved or reported. */
    void jobMoved(UUID job) {
        UUID experiment = experimentOf.get(job);
        if (experiment != null) {
            moved(experiment);
        }
    }

    void moved(UUID experiment) {
        loop.moved(experiment);
    }

    private Future<Void> batch(long after) {
        return store.unfinished(after, BATCH).compose(some -> LeaderLoop.each(some, this::look)
                .compose(done -> some.size() < BATCH
                        ? Future.succeededFuture()
                        : batch(some.get(BATCH - 1).seq())));
    }

    /** One experiment in trouble does not hold up the others. */
    private Future<Void> look(Experiment e) {
        if (!loop.leads()) {
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
