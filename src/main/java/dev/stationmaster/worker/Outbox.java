package dev.stationmaster.worker;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Output of one attempt that the server has not confirmed. While the server is away it fills up to
 * {@value #MAX_BYTES} bytes; then the program waits with its next line, and nothing is lost. Bound to one event loop.
 */
final class Outbox {
    static final int MAX_BYTES = 8 << 20;
    private static final int BATCH_BYTES = 192 << 10;
    private static final int BATCH_LINES = 2_000;
    private static final int MAX_NOTES = 100;

    private final Deque<String> lines = new ArrayDeque<>();
    private final Deque<String> notes = new ArrayDeque<>();
    /** Number of the first note that is kept. */
    private long notesFrom;

    private List<Promise<Void>> waiting = new ArrayList<>();
    private long confirmed;
    private long bytes;

    /** The future completes when there is room for more. */
    Future<Void> add(List<String> more) {
        for (String line : more) {
            lines.add(line);
            bytes += size(line);
        }
        if (bytes < MAX_BYTES) {
            return Future.succeededFuture();
        }
        Promise<Void> room = Promise.promise();
        waiting.add(room);
        return room.future();
    }

    /** The newest are kept. */
    void note(List<String> more) {
        notes.addAll(more);
        while (notes.size() > MAX_NOTES) {
            dropNote();
        }
    }

    private void dropNote() {
        notes.remove();
        notesFrom++;
    }

    /** Behind the last note of a batch that is made now; for {@link #confirm}. */
    long notesEnd() {
        return notesFrom + notes.size();
    }

    boolean isEmpty() {
        return lines.isEmpty() && notes.isEmpty();
    }

    /** What to send next, as the server wants it. */
    JsonObject batch() {
        var batch = new JsonArray();
        long size = 0;
        for (String line : lines) {
            size += size(line);
            if (batch.size() == BATCH_LINES || (size > BATCH_BYTES && !batch.isEmpty())) {
                break;
            }
            batch.add(line);
        }
        return new JsonObject()
                .put("from", confirmed)
                .put("lines", batch)
                .put("notes", new JsonArray(List.copyOf(notes)));
    }

    /**
     * @param taken so many lines of the attempt the server has now
     * @param notesEnd behind the last note that it has
     */
    void confirm(long taken, long notesEnd) {
        while (confirmed < taken && !lines.isEmpty()) {
            bytes -= size(lines.remove());
            confirmed++;
        }
        while (notesFrom < notesEnd && !notes.isEmpty()) {
            dropNote();
        }
        if (bytes < MAX_BYTES) {
            List<Promise<Void>> free = waiting;
            waiting = new ArrayList<>();
            free.forEach(Promise::complete);
        }
    }

    /** Nobody wants it any more. */
    void discard() {
        lines.clear();
        notes.clear();
        bytes = 0;
        confirm(confirmed, 0);
    }

    private static int size(String line) {
        return line.getBytes(StandardCharsets.UTF_8).length + 1;
    }
}
