package dev.stationmaster.platform.stores;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.stationmaster.platform.process.ProcFs;
import dev.stationmaster.platform.process.Signals;
import dev.stationmaster.platform.process.Waits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Store processes that an earlier server, ended by force, left running on one folder. They are known by what they run
 * and which folder they work in, never by a remembered pid, which may belong to somebody else by now. To be called
 * under the {@link DataFolderLock} only: then no living server owns them.
 */
final class Orphans {
    private static final Logger log = LoggerFactory.getLogger(Orphans.class);
    private static final Set<String> PROGRAMS = Set.of("postgres", "initdb", "redis-server");
    private static final Duration CLEAN_END = Duration.ofSeconds(20);
    private static final Duration FORCED_END = Duration.ofSeconds(10);

    private Orphans() {}

    /** Ends them: {@code signal} for a clean end, then by force. Returns how many main processes were found. */
    @CanIgnoreReturnValue
    static int end(Path folder, String signal) {
        List<ProcessHandle> found = find(folder);
        if (found.isEmpty()) {
            return 0;
        }
        // PostgreSQL's helpers end with their main process and take this signal for something else.
        List<ProcessHandle> main =
                found.stream().filter(process -> namesFolder(process, folder)).toList();
        for (ProcessHandle process : main) {
            log.info("Ending process {}, left over on {} by a server that was killed", process.pid(), folder);
            Signals.send(signal, process.pid());
        }
        // Helpers without their main process can't do anything useful any more, but a busy one would not notice.
        if (main.isEmpty() || !Waits.until(() -> find(folder).isEmpty(), CLEAN_END)) {
            log.info("Ending by force what is left over on {}", folder);
            find(folder).forEach(ProcessHandle::destroyForcibly);
            if (!Waits.until(() -> find(folder).isEmpty(), FORCED_END)) {
                throw new StoresException("Process "
                        + find(folder).stream().map(ProcessHandle::pid).toList() + " still works on " + folder
                        + " and can't be ended. End it by hand, then start again.");
            }
        }
        return main.size();
    }

    static List<ProcessHandle> find(Path folder) {
        return ProcessHandle.allProcesses()
                .filter(process -> runsStore(process)
                        && (namesFolder(process, folder) || standsIn(process, folder))
                        && ProcFs.running(process))
                .toList();
    }

    private static boolean runsStore(ProcessHandle process) {
        return process.info()
                .command()
                .map(command -> String.valueOf(Path.of(command).getFileName()))
                .map(name -> PROGRAMS.contains(name.replace(" (deleted)", "")))
                .orElse(false);
    }

    private static boolean namesFolder(ProcessHandle process, Path folder) {
        return process.info()
                .arguments()
                .map(arguments -> Arrays.stream(arguments)
                        .anyMatch(argument -> !argument.isEmpty()
                                && argument.charAt(0) == '/'
                                && Path.of(argument).startsWith(folder)))
                .orElse(false);
    }

    private static boolean standsIn(ProcessHandle process, Path folder) {
        return ProcFs.workingFolder(process.pid())
                .map(working -> working.startsWith(folder))
                .orElse(false);
    }
}
