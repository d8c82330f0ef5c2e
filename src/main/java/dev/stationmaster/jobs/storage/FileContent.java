package dev.stationmaster.jobs.storage;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.WriteStream;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** An open file. Somebody must call {@link #sendTo} or {@link #close}, once. */
public interface FileContent {
    long sizeBytes();

    /** Where it is on this machine; null when it must be streamed. */
    @Nullable
    Path path();

    /** Writes all of it, at the pace of the reader, and closes it; the end of the stream is the caller's. */
    Future<Void> sendTo(WriteStream<Buffer> to);

    Future<Void> close();
}
