package dev.stationmaster.jobs;

import dev.stationmaster.jobs.RecordStore.LogRow;
import dev.stationmaster.jobs.RecordStore.MetricRow;
import dev.stationmaster.jobs.RemoteStore.LogHead;
import dev.stationmaster.jobs.RemoteStore.LogWrite;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes the output of programs on remote workers: each line once and in order, whatever is sent twice and whichever server
 * it is sent to. Holds no state; the row of the attempt is the lock.
 */
final class RemoteLog {
    /** @param from number of the first line within the attempt */
    record Batch(long from, List<String> lines, List<String> notes) {}

    private final RemoteParts parts;

    RemoteLog(RemoteParts parts) {
        this.parts = parts;
    }

    /** How many lines of the attempt are written now; empty when another has its lease. */
    Future<Optional<Long>> take(Job job, Batch batch) {
        var pieces = new ArrayList<LogBuffer.Piece>();
        return parts.remote()
                .append(job, parts.clock().utc(), head -> next(job, head, batch, pieces))
                .map(written -> written.map(w -> {
                    publish(job, w.metrics(), pieces);
                    return w.taken();
                }));
    }

    private LogWrite next(Job job, LogHead head, Batch batch, List<LogBuffer.Piece> pieces) {
        if (batch.from() > head.linesTaken()) {
            return new LogWrite(head.linesTaken(), List.of(), List.of(), head.stopLine());
        }
        Attempt attempt = new Attempt(job);
        attempt.stopRetries = head.stopLine();
        LogBuffer buffer = new LogBuffer(attempt, head.endOffset());
        buffer.knownNames(job.metrics().fieldNames());
        buffer.linesTaken = head.linesTaken();
        buffer.toSkip = head.linesTaken() - batch.from();
        boolean repeated = batch.from() < head.linesTaken();
        List<String> fresh = buffer.fresh(batch.lines());
        var text = new ArrayList<String>(repeated ? List.of() : batch.notes());
        var metrics = new ArrayList<MetricRow>();
        for (String line : fresh) {
            MetricLine.parse(line).ifPresentOrElse(point -> metrics.add(row(job, buffer, point)), () -> text.add(line));
        }
        buffer.lookForStop(text);
        pieces.addAll(buffer.append(text, parts.settings().maxLogBytes()));
        var logs = pieces.stream()
                .map(p -> new LogRow(job.id(), job.lease(), job.attempt(), p.start(), p.end(), p.text()))
                .toList();
        return new LogWrite(buffer.linesTaken, logs, metrics, attempt.stopRetries);
    }

    private MetricRow row(Job job, LogBuffer buffer, MetricLine point) {
        MetricLine kept = buffer.limitNames(point, parts.settings().maxMetricNames());
        return new MetricRow(
                job.id(),
                job.lease(),
                job.attempt(),
                parts.clock().utc(),
                kept.step(),
                kept.totalSteps(),
                kept.metrics().encode());
    }

    private void publish(Job job, List<MetricRow> metrics, List<LogBuffer.Piece> pieces) {
        for (MetricRow m : metrics) {
            parts.bus()
                    .publish(new JobMessages.JobMetric(
                            job.id(), job.agentId(), m.attempt(), m.step(), m.totalSteps(), m.metrics(), m.at()));
        }
        for (LogBuffer.Piece p : pieces) {
            parts.bus().publish(new JobMessages.JobLog(job.id(), job.agentId(), job.attempt(), p.start(), p.lines()));
        }
    }

    static Batch batch(JsonObject body) {
        return new Batch(body.getLong("from"), strings(body, "lines"), strings(body, "notes"));
    }

    /** PostgreSQL's text takes no NUL. */
    private static List<String> strings(JsonObject body, String field) {
        var array = body.getJsonArray(field);
        return array == null
                ? List.of()
                : array.stream().map(line -> line.toString().replace("\0", "")).toList();
    }
}
