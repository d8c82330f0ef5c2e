package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.security.Ids;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How many replicas to make and which to drain, as a rolling update of Kubernetes does it: with n wanted, there are never
 * more than n + max_surge that are not being drained, and nothing healthy is drained below n - max_unavailable healthy
 * ones. What is not healthy serves nobody and goes first. A new replica counts when it has been healthy for a moment: a
 * program that falls over at once may answer its first check. Pure, but for new ids.
 */
final class Rollout {
    /** What goes first: whatever serves nobody, then the newest. */
    private static final Comparator<Replica> FIRST_TO_GO = Comparator.comparing(Rollout::healthy)
            .thenComparing(Replica::createdAt, Comparator.reverseOrder())
            .thenComparing(Replica::id);

    /** @param settled nothing is left to do: every wanted replica is there and ready, and no other */
    record Moves(List<Replica> made, List<Replica> drained, boolean settled) {}

    private Rollout() {}

    static Moves moves(Situation s, List<Replica> replicas) {
        int wanted = s.deployment().replicas();
        int template = s.target().template();
        var fresh = new ArrayList<Replica>();
        var old = new ArrayList<Replica>();
        for (Replica r : replicas) {
            if (r.state() != ReplicaState.DRAINING) {
                (r.template() == template ? fresh : old).add(r);
            }
        }
        int most = wanted + s.target().spec().maxSurge();
        int missing = Math.max(0, Math.min(wanted - fresh.size(), most - fresh.size() - old.size()));
        var made = new ArrayList<Replica>();
        for (int i = 0; i < missing; i++) {
            made.add(Replica.made(Ids.next(), s.deployment().agentId(), template, s.now()));
        }
        long healthy = old.stream().filter(Rollout::healthy).count()
                + fresh.stream().filter(r -> ready(r, s.now())).count();
        long spare =
                Math.max(0, healthy - Math.max(0, wanted - s.target().spec().maxUnavailable()));
        var drained = drains(wanted, spare, fresh, old);
        boolean settled = old.isEmpty()
                && fresh.size() == wanted
                && fresh.stream().allMatch(r -> ready(r, s.now()) || r.state() == ReplicaState.EXITED);
        return new Moves(made, drained, settled);
    }

    private static List<Replica> drains(int wanted, long spare, List<Replica> fresh, List<Replica> old) {
        long mayGo = spare;
        var drained = new ArrayList<Replica>();
        for (Replica r : old.stream().sorted(FIRST_TO_GO).toList()) {
            if (!healthy(r)) {
                drained.add(r);
            } else if (mayGo > 0) {
                mayGo--;
                drained.add(r);
            }
        }
        // more than wanted: somebody scaled it down
        fresh.stream()
                .sorted(FIRST_TO_GO)
                .limit(Math.max(0, fresh.size() - wanted))
                .forEach(drained::add);
        return drained;
    }

    private static boolean ready(Replica r, OffsetDateTime now) {
        OffsetDateTime since = r.healthySince();
        return healthy(r) && since != null && !since.plus(ReplicaLife.SETTLED).isAfter(now);
    }

    static boolean healthy(Replica r) {
        return r.state() == ReplicaState.HEALTHY;
    }
}
