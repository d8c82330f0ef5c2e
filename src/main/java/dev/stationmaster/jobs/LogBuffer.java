package dev.stationmaster.jobs;

import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.Set;

/** Where the log of one attempt stands, and which metric names it has used. Bound to the recorder's event loop. */
final class LogBuffer {
    final Attempt attempt;
    /** Byte offset of what comes next. */
    long end;

    long droppedBytes;
    boolean namesDropped;
    boolean notFinite;
    private final Set<String> names = new HashSet<>();

    LogBuffer(Attempt attempt, long end) {
        this.attempt = attempt;
        this.end = end;
    }

    /** Keeps the first {@code max} names that the attempt used; others are left out. */
    MetricLine limitNames(MetricLine point, int max) {
        notFinite |= point.notFinite();
        var kept = new JsonObject();
        for (var entry : point.metrics()) {
            if (names.contains(entry.getKey()) || names.size() < max) {
                names.add(entry.getKey());
                kept.put(entry.getKey(), entry.getValue());
            } else {
                namesDropped = true;
            }
        }
        return new MetricLine(kept, point.step(), point.totalSteps(), point.notFinite());
    }
}
