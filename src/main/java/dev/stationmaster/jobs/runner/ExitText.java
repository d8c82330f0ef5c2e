package dev.stationmaster.jobs.runner;

import java.util.Map;

/** Says in words how a program ended. */
public final class ExitText {
    private static final int SIGNAL_BASE = 128;
    private static final int LAST_SIGNAL = 64;
    private static final Map<Integer, String> SIGNALS = Map.ofEntries(
            Map.entry(1, "SIGHUP"),
            Map.entry(2, "SIGINT"),
            Map.entry(3, "SIGQUIT"),
            Map.entry(4, "SIGILL, an illegal instruction"),
            Map.entry(6, "SIGABRT: it gave up by itself"),
            Map.entry(7, "SIGBUS"),
            Map.entry(8, "SIGFPE, an arithmetic error"),
            Map.entry(9, "SIGKILL, perhaps because the machine ran out of memory"),
            Map.entry(11, "SIGSEGV, a memory fault"),
            Map.entry(13, "SIGPIPE"),
            Map.entry(15, "SIGTERM"));

    private ExitText() {}

    public static String of(int code) {
        if (code > SIGNAL_BASE && code <= SIGNAL_BASE + LAST_SIGNAL) {
            int signal = code - SIGNAL_BASE;
            return "ended by signal " + signal + " (" + SIGNALS.getOrDefault(signal, "see 'kill -l'") + ")";
        }
        return switch (code) {
            case 126 -> "exited with code 126: a command in it is not executable";
            case 127 -> "exited with code 127: a command in it was not found";
            default -> "exited with code " + code;
        };
    }
}
