package dev.stationmaster.platform.db;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Writes what many requests bring with one commit: while one batch is in flight, items wait and leave together in the
 * next. The commit is the price of a durable write, so sharing it multiplies throughput.
 *
 * <p>A failed batch is repeated item by item, so that one bad item fails alone. Bound to one event loop; when
 * {@code maxWaiting} items wait, further ones fail with {@link QueueFullException}.
 *
 * @param <I> item
 * @param <O> result, one for each item in the same order
 */
public final class GroupCommit<I, O> {
    /** Too much waits to be written. */
    public static final class QueueFullException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        QueueFullException(int waiting) {
            super(waiting + " writes wait already; try again in a moment.");
        }
    }

    private record Pending<I, O>(I item, Promise<O> promise) {}

    private final int maxBatch;
    private final int maxWaiting;
    private final Function<List<I>, Future<List<O>>> write;
    private final ArrayDeque<Pending<I, O>> waiting = new ArrayDeque<>();
    private boolean inFlight;

    public GroupCommit(int maxBatch, int maxWaiting, Function<List<I>, Future<List<O>>> write) {
        this.maxBatch = maxBatch;
        this.maxWaiting = maxWaiting;
        this.write = write;
    }

    /** Completes when the item is committed. */
    public Future<O> add(I item) {
        if (waiting.size() >= maxWaiting) {
            return Future.failedFuture(new QueueFullException(waiting.size()));
        }
        Promise<O> promise = Promise.promise();
        waiting.add(new Pending<>(item, promise));
        if (!inFlight) {
            flush();
        }
        return promise.future();
    }

    private void flush() {
        var batch = new ArrayList<Pending<I, O>>(Math.min(maxBatch, waiting.size()));
        while (batch.size() < maxBatch && !waiting.isEmpty()) {
            batch.add(waiting.poll());
        }
        inFlight = true;
        writeAll(batch).onComplete(done -> {
            inFlight = false;
            if (!waiting.isEmpty()) {
                flush();
            }
        });
    }

    private Future<?> writeAll(List<Pending<I, O>> batch) {
        return guarded(batch.stream().map(Pending::item).toList()).transform(result -> {
            if (result.succeeded()) {
                for (int i = 0; i < batch.size(); i++) {
                    batch.get(i).promise().complete(result.result().get(i));
                }
                return Future.succeededFuture();
            }
            if (batch.size() == 1) {
                batch.get(0).promise().fail(result.cause());
                return Future.succeededFuture();
            }
            return oneByOne(batch, 0);
        });
    }

    private Future<?> oneByOne(List<Pending<I, O>> batch, int from) {
        if (from == batch.size()) {
            return Future.succeededFuture();
        }
        return writeAll(batch.subList(from, from + 1))
                .transform(done -> oneByOne(batch, from + 1).mapEmpty());
    }

    private Future<List<O>> guarded(List<I> items) {
        try {
            return write.apply(items)
                    .compose(results -> results.size() == items.size()
                            ? Future.succeededFuture(results)
                            : Future.failedFuture(new IllegalStateException(
                                    results.size() + " results came for " + items.size() + " items")));
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }
}
