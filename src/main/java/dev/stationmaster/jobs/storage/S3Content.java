package dev.stationmaster.jobs.storage;

import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.WriteStream;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** An object on its way out: a chunk is read when the one before it is written, so little of it is ever in memory. */
final class S3Content implements FileContent {
    private static final int CHUNK_BYTES = 1 << 18;

    private final WorkerExecutor workers;
    private final ResponseInputStream<GetObjectResponse> in;
    private final Function<Exception, RuntimeException> problem;

    S3Content(
            WorkerExecutor workers,
            ResponseInputStream<GetObjectResponse> in,
            Function<Exception, RuntimeException> problem) {
        this.workers = workers;
        this.in = in;
        this.problem = problem;
    }

    @Override
    public long sizeBytes() {
        return in.response().contentLength();
    }

    @Override
    public @Nullable Path path() {
        return null;
    }

    @Override
    public Future<Void> sendTo(WriteStream<Buffer> to) {
        return next(to).eventually(this::close);
    }

    private Future<Void> next(WriteStream<Buffer> to) {
        return workers.executeBlocking(this::read, false)
                .compose(chunk -> chunk.length() == 0
                        ? Future.succeededFuture()
                        : to.write(chunk).compose(written -> next(to)));
    }

    private Buffer read() {
        try {
            return Buffer.buffer(in.readNBytes(CHUNK_BYTES));
        } catch (Exception e) {
            throw problem.apply(e);
        }
    }

    /** Without reading the rest, which may be large. */
    @Override
    public Future<Void> close() {
        return workers.executeBlocking(
                () -> {
                    in.abort();
                    return null;
                },
                false);
    }
}
