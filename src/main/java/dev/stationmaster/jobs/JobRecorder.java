package dev.stationmaster.jobs;

import dev.stationmaster.jobs.RecordStore.LogRow;
import dev.stationmaster.jobs.RecordStore.MetricRow;
import dev.stationmaster.jobs.RecordStore.TakenRow;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gathers log lines and metric points of all attempts on this server, writes them in batches, then tells who watches.
 * While PostgreSQL is away it keeps what it has, and the runners wait: lines are only taken while less than
 * {@value #MAX_BUFFERED_BYTES} bytes are unwritten. Bound to one event loop.
 */
final class JobRecorder {
    private static final Logger LOG = LoggerFactory.getLogger(JobRecorder.class);
    private static final long FLUSH_MS = 200;
    private static final long RETRY_MS = 500;
    private static final int MAX_BUFFERED_BYTES = 1 << 20;

    private record Published(Attempt attempt, long offset, List<String> lines) {}

    private final Vertx vertx;
    private final Clock clock;
    private final RecordStore store;
    private final Bus bus;
    private final JobsSettings settings;
    private final Map<UUID, LogBuffer> buffers = new HashMap<>();
    private List<LogRow> logs = new ArrayList<>();
    private List<MetricRow> metrics = new ArrayList<>();
    /** Only of attempts that may be adopted: written with the lines themselves, or lines would be lost or doubled then. */
    private Map<LogBuffer, TakenRow> taken = new HashMap<>();

    private List<Published> toPublish = new ArrayList<>();
    private List<Promise<Void>> waiting = new ArrayList<>();
    private long bufferedBytes;
    private boolean scheduled;
    private boolean writing;

    JobRecorder(Vertx vertx, Clock clock, RecordStore store, Bus bus, JobsSettings settings) {
        this.vertx = vertx;
        this.clock = clock;
        this.store = store;
        this.bus = bus;
        this.settings = settings;
    }

    /** Must complete before the first line of an attempt: finds where its log goes on. */
    Future<Void> begin(Attempt attempt) {
        return store.logEnd(attempt.id())
                .onSuccess(end -> buffers.put(attempt.id(), new LogBuffer(attempt, end)))
                .mapEmpty();
    }

    /** Takes lines; the future completes when the runner may send more. */
    Future<Void> lines(Attempt attempt, List<String> lines) {
        LogBuffer buffer = buffers.get(attempt.id());
        if (buffer == null || attempt.fenced) {
            return Future.succeededFuture();
        }
        List<String> fresh = buffer.fresh(lines);
        if (attempt.outlivesServer) {
            taken.put(buffer, new TakenRow(attempt.id(), attempt.lease(), buffer.linesTaken));
        }
        var plain = new ArrayList<String>(fresh.size());
        for (String line : fresh) {
            MetricLine.parse(line).ifPresentOrElse(point -> metric(attempt, buffer, point), () -> plain.add(line));
        }
        if (!plain.isEmpty()) {
            buffer.lookForStop(plain);
            addText(buffer, plain);
        }
        schedule(FLUSH_MS);
        if (bufferedBytes < MAX_BUFFERED_BYTES) {
            return Future.succeededFuture();
        }
        Promise<Void> room = Promise.promise();
        waiting.add(room);
        flush();
        return room.future();
    }

    /** As {@link #begin}, for an attempt whose first lines another server process has taken. */
    Future<Void> resume(Attempt attempt, long linesTaken) {
        return begin(attempt).onSuccess(done -> {
            LogBuffer buffer = buffers.get(attempt.id());
            if (buffer != null) {
                buffer.linesTaken = linesTaken;
                buffer.toSkip = linesTaken;
            }
        });
    }

    /** Lines for the log that the program did not write. */
    Future<Void> notes(Attempt attempt, List<String> lines) {
        LogBuffer buffer = buffers.get(attempt.id());
        if (buffer != null && !attempt.fenced) {
            addText(buffer, lines);
            schedule(FLUSH_MS);
        }
        return Future.succeededFuture();
    }

    /** A point that came over HTTP or as a line. */
    void metric(Attempt attempt, MetricLine point) {
        LogBuffer buffer = buffers.get(attempt.id());
        if (buffer != null && !attempt.fenced) {
            metric(attempt, buffer, point);
            schedule(FLUSH_MS);
        }
    }

    /** Writes everything of the attempt and forgets it. Completes when it is committed. */
    Future<Void> end(Attempt attempt) {
        return drained()
                .onComplete(done -> buffers.computeIfPresent(
                        attempt.id(), (id, buffer) -> buffer.attempt == attempt ? null : buffer));
    }

    /** Completes when all that was taken so far is committed. */
    Future<Void> drained() {
        if (logs.isEmpty() && metrics.isEmpty() && !writing) {
            return Future.succeededFuture();
        }
        Promise<Void> promise = Promise.promise();
        waiting.add(promise);
        flush();
        return promise.future();
    }

    private void metric(Attempt attempt, LogBuffer buffer, MetricLine point) {
        MetricLine kept = buffer.limitNames(point, settings.maxMetricNames());
        metrics.add(new MetricRow(
                attempt.id(),
                attempt.lease(),
                attempt.job.attempt(),
                clock.utc(),
                kept.step(),
                kept.totalSteps(),
                kept.metrics().encode()));
        bufferedBytes += 200;
    }

    private void addText(LogBuffer buffer, List<String> lines) {
        Attempt a = buffer.attempt;
        for (LogBuffer.Piece piece : buffer.append(lines, settings.maxLogBytes())) {
            logs.add(new LogRow(a.id(), a.lease(), a.job.attempt(), piece.start(), piece.end(), piece.text()));
            toPublish.add(new Published(a, piece.start(), piece.lines()));
            bufferedBytes += piece.end() - piece.start();
        }
    }

    @Nullable
    LogBuffer buffer(Attempt attempt) {
        return buffers.get(attempt.id());
    }

    /** What came beyond the limit of the log. */
    long droppedBytes(Attempt attempt) {
        LogBuffer buffer = buffers.get(attempt.id());
        return buffer == null ? 0 : buffer.droppedBytes;
    }

    private void schedule(long afterMs) {
        if (!scheduled && !writing) {
            scheduled = true;
            vertx.setTimer(afterMs, id -> {
                scheduled = false;
                flush();
            });
        }
    }

    private void flush() {
        if (writing || (logs.isEmpty() && metrics.isEmpty())) {
            return;
        }
        writing = true;
        write(new Batch(logs, metrics, List.copyOf(taken.values()), toPublish, waiting, bufferedBytes));
        logs = new ArrayList<>();
        metrics = new ArrayList<>();
        taken = new HashMap<>();
        toPublish = new ArrayList<>();
        waiting = new ArrayList<>();
    }

    private record Batch(
            List<LogRow> logs,
            List<MetricRow> metrics,
            List<TakenRow> taken,
            List<Published> lines,
            List<Promise<Void>> waiting,
            long bytes) {}

    private void write(Batch batch) {
        store.write(batch.logs(), batch.metrics(), latest(batch.metrics()), batch.taken(), clock.utc())
                .onComplete(result -> {
                    if (result.failed()) {
                        LOG.warn(
                                "Logs and metrics not written, trying again: {}",
                                result.cause().toString());
                        vertx.setTimer(RETRY_MS, id -> write(batch));
                        return;
                    }
                    bufferedBytes -= batch.bytes();
                    writing = false;
                    publish(batch);
                    batch.waiting().forEach(Promise::complete);
                    if (logs.isEmpty() && metrics.isEmpty()) { // who came meanwhile waited for this batch only
                        List<Promise<Void>> satisfied = waiting;
                        waiting = new ArrayList<>();
                        satisfied.forEach(Promise::complete);
                    } else {
                        flush();
                    }
                });
    }

    /** One row a job: the newest values. */
    static List<MetricRow> latest(List<MetricRow> rows) {
        Map<UUID, MetricRow> newest = new LinkedHashMap<>();
        for (MetricRow row : rows) {
            newest.merge(
                    row.jobId(),
                    row,
                    (old, next) -> new MetricRow(
                            next.jobId(),
                            next.lease(),
                            next.attempt(),
                            next.at(),
                            next.step() == null ? old.step() : next.step(),
                            next.totalSteps() == null ? old.totalSteps() : next.totalSteps(),
                            new io.vertx.core.json.JsonObject(old.metrics())
                                    .mergeIn(new io.vertx.core.json.JsonObject(next.metrics()))
                                    .encode()));
        }
        return List.copyOf(newest.values());
    }

    private void publish(Batch batch) {
        for (MetricRow m : batch.metrics()) {
            LogBuffer buffer = buffers.get(m.jobId());
            if (buffer != null) {
                bus.publish(new JobMessages.JobMetric(
                        m.jobId(),
                        buffer.attempt.job.agentId(),
                        m.attempt(),
                        m.step(),
                        m.totalSteps(),
                        m.metrics(),
                        m.at()));
            }
        }
        for (Published p : batch.lines()) {
            Job job = p.attempt().job;
            bus.publish(new JobMessages.JobLog(job.id(), job.agentId(), job.attempt(), p.offset(), p.lines()));
        }
    }
}
