package dev.stationmaster.platform.leader;

import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps trying to hold one named lease. {@link #isLeader()} turns false by itself when a renewal did not come through in
 * time, before another replica may take over. Bound to the event loop that started it.
 */
public final class Leadership {
    private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);

    private final Vertx vertx;
    private final Clock clock;
    private final LeaderStore store;
    private final String name;
    private final String holder;
    private final Duration ttl;
    private final Runnable onGain;
    private long heldUntilNanos;
    private boolean held;
    private boolean closed;
    private long timer = -1;

    /**
     * @param holder unique to this life of the server; what stands before a slash names the server, which lives only once,
     *     so that a restarted one need not wait for the end of its own old lease
     */
    public Leadership(
            Vertx vertx, Clock clock, LeaderStore store, String name, String holder, Duration ttl, Runnable onGain) {
        this.vertx = vertx;
        this.clock = clock;
        this.store = store;
        this.name = name;
        this.holder = holder;
        this.ttl = ttl;
        this.onGain = onGain;
    }

    /** Completes after the first try, whether it won or not. */
    public Future<Void> start() {
        timer = vertx.setPeriodic(
                Math.max(1, ttl.toMillis() / 3), id -> attempt().onFailure(this::warn));
        int cut = holder.indexOf('/');
        Future<Void> ended =
                cut < 0 ? Future.succeededFuture() : store.endEarlier(name, holder.substring(0, cut + 1), holder);
        return ended.transform(done -> attempt()).otherwiseEmpty();
    }

    public boolean isLeader() {
        return held && clock.nanos() - heldUntilNanos < 0;
    }

    /** Gives the lease back, so that another replica need not wait for its end. */
    public Future<Void> close() {
        closed = true;
        vertx.cancelTimer(timer);
        boolean was = held;
        held = false;
        return was ? store.release(name, holder).otherwiseEmpty() : Future.succeededFuture();
    }

    private Future<Void> attempt() {
        long asked = clock.nanos();
        return store.takeOrRenew(name, holder, ttl).map(won -> {
            boolean before = isLeader();
            held = won && !closed;
            heldUntilNanos = asked + ttl.toNanos(); // counted from before the question: never longer than the row says
            if (held && !before) {
                LOG.info("Leader of {} now", name);
                onGain.run();
            } else if (before && !held) {
                LOG.info("No longer leader of {}", name);
            }
            return null;
        });
    }

    private void warn(Throwable error) {
        LOG.warn("The lease {} could not be renewed: {}", name, error.toString());
    }
}
