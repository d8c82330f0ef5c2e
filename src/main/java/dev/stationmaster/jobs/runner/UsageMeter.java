package dev.stationmaster.jobs.runner;

import dev.stationmaster.platform.process.ProcFs;
import dev.stationmaster.platform.process.ProcessStat;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns two looks at the same processes into usage. Memory is the sum of resident sets, so pages shared by forked
 * processes count once for each. The time of a process that came and went between two looks is not seen. Not
 * thread-safe.
 */
final class UsageMeter {
    private static final double NANOS_PER_SECOND = 1e9;

    private Map<Long, ProcessStat> before = Map.of();
    private long beforeNanos;
    private boolean first = true;

    Usage measure(List<ProcessStat> members, long nanos) {
        Map<Long, ProcessStat> now = new HashMap<>();
        long ticks = 0;
        long pages = 0;
        for (ProcessStat member : members) {
            now.put(member.pid(), member);
            pages += member.residentPages();
            ProcessStat known = before.get(member.pid());
            boolean same = known != null && known.startTicks() == member.startTicks();
            ticks += member.cpuTicks() - (same && known != null ? known.cpuTicks() : 0);
        }
        Double cores = cores(ticks, nanos);
        before = now;
        beforeNanos = nanos;
        first = false;
        return new Usage(cores, members.isEmpty() ? null : pages * ProcFs.pageBytes());
    }

    private @Nullable Double cores(long ticks, long nanos) {
        if (first || nanos <= beforeNanos) {
            return null;
        }
        return ticks / (double) ProcFs.TICKS_PER_SECOND / ((nanos - beforeNanos) / NANOS_PER_SECOND);
    }
}
