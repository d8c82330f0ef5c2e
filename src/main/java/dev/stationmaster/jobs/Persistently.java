package dev.stationmaster.jobs;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Repeats a write until a store that is away answers again: what an attempt did must not be lost with an outage. */
final class Persistently {
    private static final Logger LOG = LoggerFactory.getLogger(Persistently.class);
    private static final long PAUSE_MS = 500;

    private Persistently() {}

    /** @param giveUp true when the result no longer matters; the future then fails with the last cause */
    static <T> Future<T> run(Vertx vertx, String what, BooleanSupplier giveUp, Supplier<Future<T>> write) {
        Promise<T> promise = Promise.promise();
        attempt(vertx, what, giveUp, write, promise);
        return promise.future();
    }

    private static <T> void attempt(
            Vertx vertx, String what, BooleanSupplier giveUp, Supplier<Future<T>> write, Promise<T> promise) {
        write.get().onSuccess(promise::complete).onFailure(error -> {
            if (giveUp.getAsBoolean()) {
                promise.fail(error);
                return;
            }
            LOG.warn("{}: trying again after {}", what, error.toString());
            vertx.setTimer(PAUSE_MS, id -> attempt(vertx, what, giveUp, write, promise));
        });
    }
}
