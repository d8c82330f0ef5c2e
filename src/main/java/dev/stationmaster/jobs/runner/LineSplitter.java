package dev.stationmaster.jobs.runner;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Cuts bytes into lines fit for PostgreSQL text. Holds at most {@code maxBytes} of a line; what is beyond is counted
 * and dropped. Not thread-safe.
 */
public final class LineSplitter {
    private final byte[] line;
    private int length;
    private long dropped;
    private boolean open;

    public LineSplitter(int maxBytes) {
        line = new byte[maxBytes];
    }

    /** Consumes the buffer and adds the lines that it completes. */
    public void feed(ByteBuffer bytes, List<String> lines) {
        while (bytes.hasRemaining()) {
            byte next = bytes.get();
            if (next == '\n') {
                lines.add(take());
            } else {
                open = true;
                if (length < line.length) {
                    line[length++] = next;
                } else {
                    dropped++;
                }
            }
        }
    }

    /** Adds the last line if it has no line end. */
    public void finish(List<String> lines) {
        if (open) {
            lines.add(take());
        }
    }

    private String take() {
        int end = length;
        if (dropped == 0 && end > 0 && line[end - 1] == '\r') {
            end--;
        }
        if (dropped > 0) {
            end = wholeCharacters(end);
            dropped += length - end;
        }
        String text = new String(line, 0, end, StandardCharsets.UTF_8); // replaces what is not UTF-8
        if (text.indexOf('\0') >= 0) {
            text = text.replace("\0", "");
        }
        if (dropped > 0) {
            text += " … [line cut: " + dropped + " bytes]";
        }
        length = 0;
        dropped = 0;
        open = false;
        return text;
    }

    /** Leaves out a character at the end that was cut in two. */
    private int wholeCharacters(int end) {
        int start = end - 1;
        while (start > 0 && end - start < 4 && (line[start] & 0xC0) == 0x80) {
            start--;
        }
        int first = line[start] & 0xFF;
        int needed = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
        return end - start < needed ? start : end;
    }
}
