package dev.stationmaster.bench;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Amounts;
import dev.stationmaster.jobs.scheduler.Decision;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.jobs.scheduler.Node;
import dev.stationmaster.jobs.scheduler.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** What the scheduler is compared with: two orders that need no more than a sort. For jobs of one replica. */
final class PlainPolicies {
    private record Entry(Lane.Key lane, Lane.Head head) {}

    private PlainPolicies() {}

    /** The oldest first; nobody overtakes it. */
    static Decision strictFifo(Snapshot snapshot) {
        return decide(snapshot, Comparator.comparing((Entry e) -> e.head().queuedAt()), true);
    }

    /** The highest priority first, then the oldest; what fits overtakes. */
    static Decision priority(Snapshot snapshot) {
        return decide(
                snapshot,
                Comparator.comparingInt((Entry e) -> -e.lane().priority())
                        .thenComparing(e -> e.head().queuedAt()),
                false);
    }

    private static Decision decide(Snapshot snapshot, Comparator<Entry> order, boolean strict) {
        List<Entry> line = new ArrayList<>();
        boolean more = false;
        for (Lane lane : snapshot.lanes()) {
            more |= lane.length() > lane.heads().size();
            lane.heads().forEach(head -> line.add(new Entry(lane.key(), head)));
        }
        line.sort(order.thenComparing(e -> e.head().id()));
        Amounts[] free = snapshot.nodes().stream().map(Node::free).toArray(Amounts[]::new);
        List<Decision.Start> starts = new ArrayList<>();
        for (Entry e : line) {
            int at = tightest(free, e.lane().resources());
            if (at >= 0) {
                free[at] = free[at].minus(Amounts.of(e.lane().resources(), 1));
                Map<String, Integer> there = Map.of(snapshot.nodes().get(at).worker(), 1);
                starts.add(new Decision.Start(e.head().id(), e.lane(), there));
            } else if (strict) {
                break;
            }
        }
        return new Decision(starts, List.of(), Map.of(), more);
    }

    private static int tightest(Amounts[] free, Resources need) {
        int best = -1;
        for (int i = 0; i < free.length; i++) {
            if (Amounts.of(need, 1).fitsIn(free[i]) && (best < 0 || free[i].cpuMillis() < free[best].cpuMillis())) {
                best = i;
            }
        }
        return best;
    }
}
