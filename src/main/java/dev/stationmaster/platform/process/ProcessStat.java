package dev.stationmaster.platform.process;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line of {@code /proc/PID/stat}.
 *
 * @param state one letter; Z is a zombie
 * @param cpuTicks user and system time used by the process itself, in hundredths of a second
 * @param startTicks start in hundredths of a second since boot; with the pid it names a process for ever
 * @param residentPages see {@link ProcFs#pageBytes()}
 */
public record ProcessStat(
        long pid, char state, long group, long session, long cpuTicks, long startTicks, long residentPages) {
    private static final int FIELDS = 22;

    /** Null when the line is not complete. */
    static @Nullable ProcessStat parse(long pid, String line) {
        // The program's name stands in parentheses and may itself hold spaces and parentheses.
        int nameEnd = line.lastIndexOf(')');
        if (nameEnd < 0 || nameEnd + 2 > line.length()) {
            return null;
        }
        List<String> fields = List.of(line.substring(nameEnd + 2).trim().split(" ", -1));
        if (fields.size() < FIELDS) {
            return null;
        }
        return new ProcessStat(
                pid,
                fields.get(0).charAt(0),
                Long.parseLong(fields.get(2)),
                Long.parseLong(fields.get(3)),
                Long.parseLong(fields.get(11)) + Long.parseLong(fields.get(12)),
                Long.parseLong(fields.get(19)),
                Long.parseLong(fields.get(21)));
    }

    /** A zombie has ended; only its parent has not asked for its exit code yet. */
    public boolean running() {
        return state != 'Z' && state != 'X';
    }
}
