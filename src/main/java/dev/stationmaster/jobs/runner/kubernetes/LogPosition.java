package dev.stationmaster.jobs.runner.kubernetes;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How far a pod's log was read, so that a next reading gives every line once. Lines come with the time at which they were
 * written. A next reading begins with the second of the last line, which is the finest that can be asked for, and of its lines as
 * many are passed over as were read of that second and later. A line that is later than the last one read is never passed
 * over: the node may have thrown older ones away meanwhile. Not thread-safe.
 */
final class LogPosition {
    private Instant second = Instant.MIN;
    private Instant last = Instant.MIN;
    private int since;
    private int toSkip;

    /** What to ask for; empty: all of it. */
    Optional<String> since() {
        return since == 0 ? Optional.empty() : Optional.of(second.toString());
    }

    /** Before each reading. */
    void restart() {
        toSkip = since;
    }

    /** Those lines that were not read before, without their times. */
    List<String> fresh(List<String> lines) {
        List<String> fresh = new ArrayList<>(lines.size());
        for (String line : lines) {
            int space = line.indexOf(' ');
            Instant at = space < 0 ? null : PodExit.time(line.substring(0, space));
            if (at == null) { // the rest of a line that began before the time that was asked for
                if (toSkip == 0) {
                    fresh.add(line);
                }
            } else if (isFresh(at)) {
                fresh.add(line.substring(space + 1));
            }
        }
        return fresh;
    }

    private boolean isFresh(Instant at) {
        if (toSkip > 0 && !at.isAfter(last)) {
            toSkip--;
            return false;
        }
        toSkip = 0;
        count(at);
        return true;
    }

    private void count(Instant at) {
        if (at.isAfter(last)) {
            last = at;
        }
        Instant own = at.truncatedTo(ChronoUnit.SECONDS);
        if (own.isAfter(second)) {
            second = own;
            since = 1;
        } else if (own.equals(second)) {
            since++;
        }
    }
}
