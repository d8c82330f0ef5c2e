package dev.stationmaster.jobs;

import com.google.re2j.Pattern;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where the log of one attempt stands, and which metric names it has used. Bound to the recorder's event loop. */
final class LogBuffer {
    private static final int SHOWN = 200;

    final Attempt attempt;
    /** Byte offset of what comes next. */
    long end;

    /** Lines of output that this attempt has handed over, whatever became of them. */
    long linesTaken;
    /** So many lines are told again, after an adoption. */
    long toSkip;

    long droppedBytes;
    boolean namesDropped;
    boolean notFinite;
    private final Set<String> names = new HashSet<>();
    private final @Nullable Pattern stop;

    LogBuffer(Attempt attempt, long end) {
        this.attempt = attempt;
        this.end = end;
        String stopOn = attempt.job.retries().stopOn();
        this.stop = stopOn == null ? null : Pattern.compile(stopOn);
    }

    /** Without the lines that were taken before the adoption. */
    List<String> fresh(List<String> lines) {
        int skipped = (int) Math.min(toSkip, lines.size());
        toSkip -= skipped;
        linesTaken += lines.size() - skipped;
        return skipped == 0 ? lines : lines.subList(skipped, lines.size());
    }

    /** Notes the first line that forbids further tries. RE2 takes time in proportion to the text, whatever the pattern. */
    void lookForStop(List<String> lines) {
        if (stop == null || attempt.stopRetries != null) {
            return;
        }
        for (String line : lines) {
            if (stop.matcher(line).find()) {
                attempt.stopRetries = line.length() > SHOWN ? line.substring(0, SHOWN) + "…" : line;
                return;
            }
        }
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
