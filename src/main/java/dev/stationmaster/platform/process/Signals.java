package dev.stationmaster.platform.process;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Sends signals that {@link ProcessHandle} has no method for. Blocks for the milliseconds of one {@code sh}, whose
 * built-in {@code kill} exists even where no kill program is installed.
 */
public final class Signals {
    private static final int WAIT_SECONDS = 5;

    private Signals() {}

    /** Signal 0 only asks. Returns false when there is no such process, or it may not be signalled. */
    @CanIgnoreReturnValue
    public static boolean send(String signal, long pid) {
        return kill(signal, Long.toString(pid));
    }

    /** To every member of the group. A group of 0 or 1 would mean ourselves or everybody: refused. */
    @CanIgnoreReturnValue
    public static boolean sendToGroup(String signal, long group) {
        if (group <= 1) {
            throw new IllegalArgumentException("not a process group of a child: " + group);
        }
        return kill(signal, "-" + group);
    }

    private static boolean kill(String signal, String target) {
        try {
            Process kill = new ProcessBuilder("sh", "-c", "kill -s \"$1\" -- \"$2\"", "sh", signal, target)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!kill.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)) {
                kill.destroyForcibly();
                return false;
            }
            return kill.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
