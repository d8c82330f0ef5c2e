package dev.stationmaster.jobs.runner.docker;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.StreamType;
import dev.stationmaster.jobs.runner.LineSplitter;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One container's output as lines. Each reading begins with the first byte that the engine has kept, so after a lost
 * connection what was read before is passed over. The engine's thread waits while lines are being taken, so a fast writer
 * is held back by its connection.
 */
final class ContainerOutput {
    private static final Logger LOG = LoggerFactory.getLogger(ContainerOutput.class);
    private static final int MAX_BATCH_LINES = 1_000;

    private final Context context;
    private final Function<List<String>, Future<Void>> sink;
    private final Stream out;
    private final Stream err;

    /** What was read of one of the two streams. */
    private static final class Stream {
        final LineSplitter splitter;
        long read;
        long toSkip;

        Stream(int maxLineBytes) {
            splitter = new LineSplitter(maxLineBytes);
        }
    }

    ContainerOutput(Context context, int maxLineBytes, Function<List<String>, Future<Void>> sink) {
        this.context = context;
        this.sink = sink;
        this.out = new Stream(maxLineBytes);
        this.err = new Stream(maxLineBytes);
    }

    /** For one reading at a time. {@code ended} completes when it is over, for whatever reason. */
    ResultCallback<Frame> reading(Promise<Void> ended) {
        out.toSkip = out.read;
        err.toSkip = err.read;
        return new ResultCallback.Adapter<>() {
            @Override
            public void onNext(Frame frame) {
                try {
                    take(frame);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }

            @Override
            public void onError(Throwable throwable) {
                LOG.debug("The output of a container broke off: {}", throwable.toString());
                super.onError(throwable);
                ended.tryComplete();
            }

            @Override
            public void onComplete() {
                super.onComplete();
                ended.tryComplete();
            }
        };
    }

    private void take(Frame frame) throws InterruptedException {
        Stream stream = frame.getStreamType() == StreamType.STDERR ? err : out;
        ByteBuffer bytes = ByteBuffer.wrap(frame.getPayload());
        int skipped = (int) Math.min(stream.toSkip, bytes.remaining());
        bytes.position(skipped);
        stream.toSkip -= skipped;
        stream.read += bytes.remaining();
        List<String> lines = new ArrayList<>();
        stream.splitter.feed(bytes, lines);
        handOver(lines);
    }

    /** What has no line end. To be called once, after the last reading, on a thread that may block. */
    void finish() throws InterruptedException {
        List<String> lines = new ArrayList<>();
        out.splitter.finish(lines);
        err.splitter.finish(lines);
        handOver(lines);
    }

    private void handOver(List<String> lines) throws InterruptedException {
        for (int from = 0; from < lines.size(); from += MAX_BATCH_LINES) {
            List<String> batch = List.copyOf(lines.subList(from, Math.min(lines.size(), from + MAX_BATCH_LINES)));
            CountDownLatch taken = new CountDownLatch(1);
            context.runOnContext(ignored -> sink.apply(batch)
                    .onFailure(e -> LOG.warn("{} output lines were lost", batch.size(), e))
                    .onComplete(result -> taken.countDown()));
            taken.await();
        }
    }
}
