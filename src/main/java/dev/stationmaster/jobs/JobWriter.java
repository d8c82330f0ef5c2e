package dev.stationmaster.jobs;

import dev.stationmaster.jobs.JobInsertStore.Inserted;
import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.jobs.queue.QueuedJob;
import dev.stationmaster.platform.db.GroupCommit;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Collections;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Writes new jobs and indexes them, for all event loops of this server in one line. The end of the audit chain is locked
 * from the write to the commit; two writers would wait for each other's event loops, which have requests to serve
 * meanwhile, and one writer makes larger groups. Thread-safe: works on its own context, and answers on the caller's.
 */
final class JobWriter {
    private static final int MAX_BATCH = 256;
    private static final int MAX_WAITING = 10_000;

    private final Context context;
    private final JobQueue queue;
    private final GroupCommit<NewJob, Inserted> writer;
    /** Its own group, so that the next commit need not wait for Redis. */
    private final GroupCommit<QueuedJob, Integer> indexer;

    /** @param context of {@code queue}'s connection; requests of people should be served elsewhere */
    JobWriter(Context context, JobInsertStore store, JobQueue queue) {
        this.context = context;
        this.queue = queue;
        this.writer = new GroupCommit<>(MAX_BATCH, MAX_WAITING, store::insert);
        this.indexer = new GroupCommit<>(MAX_BATCH, MAX_WAITING, jobs -> queue.enqueue(jobs)
                .map(done -> Collections.nCopies(jobs.size(), done)));
    }

    /** Completes when the job is durable. */
    Future<Inserted> write(NewJob job) {
        return here(() -> writer.add(job));
    }

    /** For what is written together or not at all, and so not in a group with others. */
    <T> Future<T> inLine(Supplier<Future<T>> write) {
        return here(write);
    }

    /** Puts a durable job where it waits. */
    Future<Integer> index(Job job) {
        return switch (job.state()) {
            case QUEUED -> here(() -> indexer.add(job.queued()));
            case SCHEDULED ->
                here(() -> queue.delay(
                        job.queued(), Objects.requireNonNull(job.runAt()).toInstant()));
            default -> Future.succeededFuture(0);
        };
    }

    private <T> Future<T> here(Supplier<Future<T>> work) {
        Context caller = Vertx.currentContext();
        Promise<T> promise = Promise.promise();
        context.runOnContext(v -> work.get().onComplete(done -> {
            if (caller == null) {
                promise.complete(done.result(), done.cause());
            } else {
                caller.runOnContext(back -> promise.complete(done.result(), done.cause()));
            }
        }));
        return promise.future();
    }
}
