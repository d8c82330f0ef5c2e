package dev.stationmaster.jobs.runner;

import dev.stationmaster.platform.process.ProcFs;
import dev.stationmaster.platform.process.ProcessStat;
import dev.stationmaster.platform.process.Signals;
import dev.stationmaster.platform.process.Waits;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * All processes of one attempt: the session that {@code setsid} opened for it, known by the pid of its leader. Without
 * {@code setsid} or {@code /proc} (macOS) it is the leader and its descendants, and what outlives the leader is lost.
 * Everything blocks.
 *
 * @param pid of the leader; also its session and group
 * @param identity tells the leader from a later process with the same pid
 */
record ProcessGroup(long pid, String identity, boolean session) {

    List<ProcessStat> members() {
        return membersIn(ProcFs.running());
    }

    List<ProcessStat> membersIn(List<ProcessStat> all) {
        if (!session || reused()) {
            return List.of();
        }
        return all.stream()
                .filter(process -> process.session() == pid || process.group() == pid)
                .toList();
    }

    boolean empty() {
        return session ? members().isEmpty() : handles().noneMatch(ProcFs::running);
    }

    boolean awaitEmpty(Duration atMost) {
        return Waits.until(this::empty, atMost);
    }

    void signal(String signal) {
        if (!session) {
            List<ProcessHandle> all = handles().toList();
            all.forEach(signal.equals("KILL") ? ProcessHandle::destroyForcibly : ProcessHandle::destroy);
            return;
        }
        // A shell with job control splits its session into several groups.
        members().stream()
                .map(ProcessStat::group)
                .distinct()
                .filter(group -> group > 1)
                .forEach(group -> Signals.sendToGroup(signal, group));
    }

    /** The kernel reuses the pid only when the whole session is gone. */
    private boolean reused() {
        Optional<String> now = ProcFs.identity(pid);
        return now.isPresent() && !now.get().equals(identity);
    }

    private Stream<ProcessHandle> handles() {
        return reused()
                ? Stream.empty()
                : ProcessHandle.of(pid).stream()
                        .flatMap(leader -> Stream.concat(Stream.of(leader), leader.descendants()));
    }
}
