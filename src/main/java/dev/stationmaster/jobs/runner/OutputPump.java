package dev.stationmaster.jobs.runner;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the output of one attempt on a thread of its own and hands it over as lines on the attempt's event loop. Reads
 * nothing while lines are being taken, so a fast writer is held back by its pipe. Holds one read buffer and one line.
 */
final class OutputPump {
    private static final Logger log = LoggerFactory.getLogger(OutputPump.class);
    private static final int BUFFER_BYTES = 64 * 1024;
    /** More than any pipe holds: what a writer wrote before its end is within this. */
    private static final long REST_BYTES = 2 << 20;

    private final ReadableByteChannel channel;
    private final LineSplitter splitter;
    private final int maxBatchLines;
    private final Context context;
    private final Function<List<String>, Future<Void>> sink;
    private final Promise<Void> finished;
    private volatile boolean writersGone;
    private volatile boolean reading;
    private volatile long readingSince;

    OutputPump(
            ReadableByteChannel channel,
            ProcessRunnerSettings settings,
            Context context,
            Function<List<String>, Future<Void>> sink) {
        this.channel = channel;
        this.splitter = new LineSplitter(settings.maxLineBytes());
        this.maxBatchLines = settings.maxBatchLines();
        this.context = context;
        this.sink = sink;
        this.finished = Promise.promise();
    }

    /** Completes, on the pump's thread, when the last line was taken. Never fails. */
    Future<Void> start(String name) {
        Thread thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
        return finished.future();
    }

    /**
     * To be called when every known writer is gone: from now on only what they left in the pipe is read. Somebody who
     * left the process group may still hold the pipe open.
     */
    void expectEnd() {
        writersGone = true;
    }

    /** Whether it has been waiting for output that long. */
    boolean idleFor(long nanos) {
        return reading && System.nanoTime() - readingSince > nanos;
    }

    /** Wakes the thread out of its read. May block for a moment. */
    void abandon() {
        try {
            channel.close();
        } catch (IOException e) {
            log.debug("Closing an output pipe failed", e);
        }
    }

    private void run() {
        List<String> lines = new ArrayList<>();
        try (channel) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
            long rest = REST_BYTES;
            while (rest > 0 && read(buffer) >= 0) {
                if (writersGone) {
                    rest -= buffer.position();
                }
                splitter.feed(buffer.flip(), lines);
                handOver(lines);
                buffer.clear();
            }
        } catch (IOException e) { // abandoned
            log.debug("Output ended: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            splitter.finish(lines);
            handOver(lines);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            finished.complete();
        }
    }

    private int read(ByteBuffer buffer) throws IOException {
        readingSince = System.nanoTime();
        reading = true;
        try {
            return channel.read(buffer);
        } finally {
            reading = false;
        }
    }

    private void handOver(List<String> lines) throws InterruptedException {
        for (int from = 0; from < lines.size(); from += maxBatchLines) {
            List<String> batch = List.copyOf(lines.subList(from, Math.min(lines.size(), from + maxBatchLines)));
            CountDownLatch taken = new CountDownLatch(1);
            context.runOnContext(ignored -> take(batch).onComplete(result -> taken.countDown()));
            taken.await();
        }
        lines.clear();
    }

    private Future<Void> take(List<String> batch) {
        try {
            return sink.apply(batch).onFailure(e -> log.warn("{} output lines were lost", batch.size(), e));
        } catch (RuntimeException e) {
            log.error("{} output lines were lost", batch.size(), e);
            return Future.succeededFuture();
        }
    }
}
