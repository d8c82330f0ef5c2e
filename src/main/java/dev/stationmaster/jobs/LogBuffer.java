package dev.stationmaster.jobs;

import com.google.re2j.Pattern;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where the log of one attempt stands, and which metric names it has used. Bound to the recorder's event loop. */
final class LogBuffer {
    private static final int SHOWN = 200;
    private static final int MAX_PIECE_BYTES = 1 << 18;

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

    /** A piece of the log as it is stored; offsets in bytes of UTF-8. */
    record Piece(long start, long end, String text, List<String> lines) {}

    /** Puts lines behind the log, as far as {@code maxLogBytes} allow. */
    List<Piece> append(List<String> lines, long maxLogBytes) {
        var pieces = new ArrayList<Piece>();
        var text = new StringBuilder();
        var kept = new ArrayList<String>(lines.size());
        long start = end;
        for (String line : lines) {
            int bytes = line.getBytes(StandardCharsets.UTF_8).length + 1;
            if (end + bytes > maxLogBytes) {
                droppedBytes += bytes;
                continue;
            }
            text.append(line).append('\n');
            kept.add(line);
            end += bytes;
            if (end - start > MAX_PIECE_BYTES) {
                pieces.add(new Piece(start, end, text.toString(), List.copyOf(kept)));
                start = end;
                text.setLength(0);
                kept.clear();
            }
        }
        if (!kept.isEmpty()) {
            pieces.add(new Piece(start, end, text.toString(), List.copyOf(kept)));
        }
        return pieces;
    }

    /** Names that the attempt, or one before it, has used. */
    void knownNames(Set<String> known) {
        names.addAll(known);
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
