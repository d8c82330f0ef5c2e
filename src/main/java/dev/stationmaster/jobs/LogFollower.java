package dev.stationmaster.jobs;

import dev.stationmaster.jobs.JobStore.LogPiece;
import dev.stationmaster.platform.bus.Bus;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the log of a job into a response: a piece of it, or all of it and what comes until the job ends. The table is
 * read; bus messages only say when to look. Bound to one event loop.
 */
final class LogFollower {
    private static final Logger LOG = LoggerFactory.getLogger(LogFollower.class);
    private static final int PIECES = 16;
    private static final long LOOK_MS = 1_000;

    private final Vertx vertx;
    private final JobStore store;
    private final Bus bus;

    LogFollower(Vertx vertx, JobStore store, Bus bus) {
        this.vertx = vertx;
        this.store = store;
        this.bus = bus;
    }

    /** Text from a byte offset, at most {@code limit} bytes, cut at a line end where there is one. */
    Future<Buffer> read(Job job, long offset, long limit) {
        return gather(job, offset, limit, Buffer.buffer()).map(all -> cut(all, (int) limit));
    }

    private Future<Buffer> gather(Job job, long offset, long limit, Buffer so) {
        return store.logs(job.id(), offset + so.length(), PIECES).compose(pieces -> {
            long at = offset + so.length();
            for (LogPiece piece : pieces) {
                at = append(so, piece, at);
            }
            return pieces.size() < PIECES || so.length() >= limit
                    ? Future.succeededFuture(so)
                    : gather(job, offset, limit, so);
        });
    }

    private static Buffer cut(Buffer all, int limit) {
        if (all.length() <= limit) {
            return all;
        }
        for (int i = limit; i > 0; i--) {
            if (all.getByte(i - 1) == '\n') {
                return all.slice(0, i);
            }
        }
        return all.slice(0, limit);
    }

    private static long append(Buffer to, LogPiece piece, long at) {
        Buffer text = Buffer.buffer(piece.text());
        int skip = (int) Math.min(text.length(), Math.max(0, at - piece.offset()));
        to.appendBuffer(text, skip, text.length() - skip);
        return piece.offset() + text.length();
    }

    /** Goes on until the job has ended and all is written, or the reader went away. */
    Future<Void> follow(Job job, long offset, HttpServerResponse response) {
        var follow = new Follow(job, response, offset);
        follow.consumers.add(
                bus.on(JobMessages.JobLog.class, m -> follow.hint(m.jobId().equals(job.id()))));
        follow.consumers.add(
                bus.on(JobMessages.JobChanged.class, m -> follow.hint(m.jobId().equals(job.id()))));
        long timer = vertx.setPeriodic(LOOK_MS, id -> follow.hint(true));
        response.closeHandler(gone -> follow.end()).exceptionHandler(e -> follow.end());
        follow.hint(true);
        return follow.done.future().onComplete(over -> vertx.cancelTimer(timer));
    }

    private final class Follow {
        private final Job job;
        private final HttpServerResponse response;
        private final Promise<Void> done = Promise.promise();
        private final List<MessageConsumer<?>> consumers = new ArrayList<>();
        private long offset;
        private boolean busy;
        private boolean again;

        Follow(Job job, HttpServerResponse response, long offset) {
            this.job = job;
            this.response = response;
            this.offset = offset;
        }

        void hint(boolean mine) {
            if (!mine || done.future().isComplete()) {
                return;
            }
            if (busy) {
                again = true;
                return;
            }
            busy = true;
            again = false;
            look().onComplete(looked -> {
                busy = false;
                if (looked.failed()) { // PostgreSQL is away: the timer looks again
                    LOG.debug("Following job {}: {}", job.id(), looked.cause().toString());
                    if (response.closed()) {
                        end();
                    }
                } else if (again) {
                    hint(true);
                }
            });
        }

        /** The state is read before the log: when it is final, the log that follows is complete. */
        private Future<Void> look() {
            return store.byId(job.id()).compose(now -> writeAll().compose(written -> {
                if (now.isEmpty() || now.get().state().isFinal()) {
                    return response.end().onComplete(ended -> end());
                }
                return Future.succeededFuture();
            }));
        }

        private Future<Void> writeAll() {
            return store.logs(job.id(), offset, PIECES).compose(pieces -> write(pieces)
                    .compose(written -> pieces.size() < PIECES ? Future.succeededFuture() : writeAll()));
        }

        private Future<Void> write(List<LogPiece> pieces) {
            if (pieces.isEmpty() || response.closed()) {
                return Future.succeededFuture();
            }
            Buffer text = Buffer.buffer();
            for (LogPiece piece : pieces) {
                offset = append(text, piece, offset);
            }
            return response.write(text); // completes when it left for the socket: that is the back-pressure
        }

        void end() {
            if (done.tryComplete()) {
                consumers.forEach(c -> c.unregister().onFailure(e -> LOG.debug("unregister", e)));
            }
        }
    }
}
