package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.jobs.runner.LineSplitter;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one pod's log as it is written, on no thread of its own: the next piece is asked for when the lines of the one
 * before were taken. A reading that breaks off is begun again where it stopped. When the program has ended, one last reading
 * finds whatever an earlier one may have missed. Lives on one event loop.
 */
final class PodLog {
    private static final Logger LOG = LoggerFactory.getLogger(PodLog.class);
    private static final long AGAIN_MS = 500;
    /** A reading that goes on so long after the end of the program hangs. */
    private static final long DRAIN_MS = 10_000;

    private static final int MAX_BATCH_LINES = 1_000;
    /** The time before each line, and a space. */
    private static final int STAMP = 36;

    private static final int OK = 200;
    private static final int NOT_FOUND = 404;

    private final Vertx vertx;
    private final Context context;
    private final KubernetesApi api;
    private final String pod;
    private final int maxLineBytes;
    private final Function<List<String>, Future<Void>> sink;
    private final LogPosition position = new LogPosition();
    private final Promise<Void> whole = Promise.promise();
    private LineSplitter splitter;
    private Future<Void> taking = Future.succeededFuture();
    private @Nullable AsyncBody open;
    private boolean ended;
    /** What an earlier reading still tells is not listened to. */
    private int reading;

    private long timer = -1;

    PodLog(Vertx vertx, KubernetesApi api, String pod, int maxLineBytes, Function<List<String>, Future<Void>> sink) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.api = api;
        this.pod = pod;
        this.maxLineBytes = maxLineBytes;
        this.sink = sink;
        this.splitter = new LineSplitter(maxLineBytes + STAMP);
    }

    /** From its first line on. */
    void follow() {
        read();
    }

    /** The program has ended. Completes when all that it wrote was taken, or nothing more can be had. */
    Future<Void> finish() {
        ended = true;
        if (whole.future().isComplete()) {
            return whole.future();
        }
        if (timer >= 0 && vertx.cancelTimer(timer)) {
            read();
        } else {
            timer = vertx.setTimer(DRAIN_MS, late -> {
                LOG.debug("The log of {} does not end; it is read once more", pod);
                dropReading();
                read();
            });
        }
        return whole.future();
    }

    /** Nothing more is read. */
    void close() {
        vertx.cancelTimer(timer);
        dropReading();
        whole.tryComplete();
    }

    private void dropReading() {
        reading++;
        AsyncBody body = open;
        open = null;
        if (body != null) {
            body.cancel();
        }
    }

    private void read() {
        timer = -1;
        int own = ++reading;
        boolean last = ended;
        splitter = new LineSplitter(maxLineBytes + STAMP);
        position.restart();
        var unused = api.log(pod, !last, position.since(), (bytes, body) -> onLoop(own, () -> take(own, bytes, body)))
                .whenComplete((response, error) -> context.runOnContext(v -> {
                    if (own != reading) {
                        if (response != null) {
                            response.body().cancel();
                        }
                    } else if (error != null || response.code() != OK) {
                        broken(response == null ? 0 : response.code(), error);
                    } else {
                        consume(own, last, response);
                    }
                }));
    }

    private void consume(int own, boolean last, HttpResponse<AsyncBody> response) {
        open = response.body();
        var unused = response.body()
                .done()
                .whenComplete((done, error) -> onLoop(
                        own,
                        () -> taking.onComplete(taken -> {
                            if (own != reading) {
                                return;
                            }
                            open = null;
                            if (error != null) {
                                broken(0, error);
                            } else if (last) {
                                rest().onComplete(all -> whole.tryComplete());
                            } else {
                                over();
                            }
                        })));
        response.body().consume();
    }

    private void onLoop(int own, Runnable work) {
        context.runOnContext(v -> {
            if (own == reading) {
                work.run();
            }
        });
    }

    private void take(int own, List<ByteBuffer> bytes, AsyncBody body) {
        List<String> lines = new ArrayList<>();
        bytes.forEach(piece -> splitter.feed(piece, lines));
        taking = handOver(position.fresh(lines), 0).onComplete(taken -> {
            if (own == reading) {
                body.consume();
            }
        });
    }

    /** What has no line end. */
    private Future<Void> rest() {
        List<String> lines = new ArrayList<>();
        splitter.finish(lines);
        return handOver(position.fresh(lines), 0);
    }

    private Future<Void> handOver(List<String> lines, int from) {
        if (from >= lines.size()) {
            return Future.succeededFuture();
        }
        int to = Math.min(lines.size(), from + MAX_BATCH_LINES);
        return sink.apply(List.copyOf(lines.subList(from, to)))
                .onFailure(e -> LOG.warn("{} output lines were lost", to - from, e))
                .transform(taken -> handOver(lines, to));
    }

    private void broken(int code, @Nullable Throwable error) {
        LOG.debug("The log of {} broke off: {} {}", pod, code, String.valueOf(error));
        if (ended && code == NOT_FOUND) { // the pod is gone, and its log with it
            vertx.cancelTimer(timer);
            rest().onComplete(all -> whole.tryComplete());
        } else {
            again();
        }
    }

    /** A reading that followed came to its end: the program's, or one of the connection. */
    private void over() {
        if (ended) {
            vertx.cancelTimer(timer);
            read();
        } else {
            again();
        }
    }

    private void again() {
        vertx.cancelTimer(timer);
        timer = vertx.setTimer(AGAIN_MS, fired -> read());
    }
}
