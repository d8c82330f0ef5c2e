package dev.stationmaster.platform.leader;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work that only the leader does: hints make it look at some things soon, and each poll looks at all, so a lost hint costs
 * time and nothing else. One look at a time. Lives on one event loop.
 *
 * @param <K> what names a thing to look at
 */
public final class LeaderLoop<K> {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderLoop.class);

    /** The work itself. */
    public interface Work<K> {
        Future<Void> all();

        Future<Void> one(K key);

        /** Called instead, as long as another leads. */
        default void another() {}
    }

    private final Vertx vertx;
    private final String name;
    private final Duration soon;
    private final Supplier<@Nullable Leadership> leadership;
    private final Work<K> work;
    private final Set<K> due = new HashSet<>();
    private boolean allDue;
    private boolean busy;
    private boolean timed;
    private boolean closed;

    /**
     * @param name for the log
     * @param soon hints that come within it share one look
     */
    public LeaderLoop(
            Vertx vertx, String name, Duration soon, Supplier<@Nullable Leadership> leadership, Work<K> work) {
        this.vertx = vertx;
        this.name = name;
        this.soon = soon;
        this.leadership = leadership;
        this.work = work;
    }

    public void start(Duration poll) {
        vertx.setPeriodic(poll.toMillis(), id -> lookAtAll());
    }

    public void close() {
        closed = true;
    }

    public boolean leads() {
        Leadership l = leadership.get();
        return !closed && l != null && l.isLeader();
    }

    public void lookAtAll() {
        allDue = true;
        run();
    }

    /** Something about it changed. */
    public void moved(K key) {
        if (!leads()) {
            return;
        }
        due.add(key);
        if (!timed) {
            timed = true;
            vertx.setTimer(soon.toMillis(), id -> {
                timed = false;
                run();
            });
        }
    }

    private void run() {
        if (!leads()) {
            work.another();
            return;
        }
        if (busy || !(allDue || !due.isEmpty())) {
            return;
        }
        busy = true;
        List<K> some = List.copyOf(due);
        boolean all = allDue;
        due.clear();
        allDue = false;
        (all ? work.all() : each(some, work::one))
                .onFailure(e -> LOG.warn("{}: {}", name, e.toString()))
                .onComplete(done -> {
                    busy = false;
                    run();
                });
    }

    /** One after the other. */
    public static <T> Future<Void> each(List<T> some, Function<T, Future<Void>> step) {
        Future<Void> done = Future.succeededFuture();
        for (T one : some) {
            done = done.compose(before -> step.apply(one));
        }
        return done;
    }
}
