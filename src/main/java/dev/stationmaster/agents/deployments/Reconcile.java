package dev.stationmaster.agents.deployments;

import dev.stationmaster.agents.deployments.ReplicaLife.Seen;
import dev.stationmaster.jobs.ServiceMessages.ServiceFacts;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Decides what one look at a deployment changes: rows and what the jobs do in, changes out. Pure, but for new ids. */
final class Reconcile {
    /** So many failures in a row of one new replica end a rollout. */
    static final int CRASHES = 3;
    /** Who rolls back when nobody did. */
    static final String ITSELF = "stationmaster";

    private final Situation s;
    private final Map<UUID, Replica> before = new HashMap<>();
    private final List<Replica> replicas = new ArrayList<>();
    private final List<UUID> gone = new ArrayList<>();
    private final List<Replica> made = new ArrayList<>();
    private final List<DeploymentEvent> events = new ArrayList<>();
    private boolean progressed;
    private @Nullable DeploymentState state;
    private Revision target;
    private @Nullable Revision next;

    private Reconcile(Situation s) {
        this.s = s;
        this.target = s.target();
    }

    static Changes decide(Situation situation, Map<UUID, ServiceFacts> jobs) {
        var one = new Reconcile(situation);
        one.see(jobs);
        switch (situation.deployment().state()) {
            case ACTIVE -> one.active();
            case STOPPING -> one.stopping();
            case STOPPED -> {}
        }
        return one.changes();
    }

    private void see(Map<UUID, ServiceFacts> jobs) {
        for (Replica r : s.replicas()) {
            before.put(r.id(), r);
            UUID job = r.jobId();
            Seen seen = ReplicaLife.look(r, job == null ? null : jobs.get(job), s.specOf(r), s.now());
            events.addAll(seen.events());
            Replica after = seen.replica();
            if (after == null) {
                gone.add(r.id());
                continue;
            }
            replicas.add(after);
            progressed |= r.template() == target.template() && Rollout.healthy(after) && !Rollout.healthy(r);
        }
    }

    private void stopping() {
        replicas.replaceAll(r -> r.state() == ReplicaState.DRAINING ? r : r.draining());
        if (replicas.isEmpty()) {
            state = DeploymentState.STOPPED;
            target = target.ended(RolloutState.STOPPED, null, null, s.now());
            events.add(DeploymentEvent.of(DeploymentEvent.STOPPED, target.revision(), "All replicas have ended."));
        }
    }

    private void active() {
        if (target.state() == RolloutState.ROLLING) {
            String reason = failure();
            if (reason != null) {
                fail(reason);
                return;
            }
            if (progressed) {
                target = target.progressed(s.now());
            }
        }
        var moves = Rollout.moves(s, replicas);
        made.addAll(moves.made());
        for (Replica r : moves.drained()) {
            replicas.set(replicas.indexOf(r), r.draining());
        }
        boolean open = target.state() == RolloutState.ROLLING || target.state() == RolloutState.FAILED;
        if (moves.settled() && open) {
            target = target.ended(RolloutState.HEALTHY, null, null, s.now());
            events.add(DeploymentEvent.of(
                    DeploymentEvent.ROLLOUT_DONE,
                    target.revision(),
                    "All " + s.deployment().replicas() + " replicas are of this revision and ready."));
        }
    }

    private @Nullable String failure() {
        boolean crashes = replicas.stream()
                .anyMatch(r -> r.template() == target.template()
                        && r.state() != ReplicaState.DRAINING
                        && r.failures() >= CRASHES);
        if (crashes) {
            return "crash_loop";
        }
        OffsetDateTime deadline =
                (progressed ? s.now() : target.progressAt()).plus(target.spec().healthyWithin());
        return deadline.isBefore(s.now()) ? "not_healthy_in_time" : null;
    }

    /** Content that was healthy once is not given up: what ails it now would ail an older one too. */
    private void fail(String reason) {
        String why = message(reason);
        target = target.ended(RolloutState.FAILED, reason, why, s.now());
        events.add(DeploymentEvent.of(DeploymentEvent.ROLLOUT_FAILED, target.revision(), why));
        Revision back = s.fallback();
        if (back != null && !target.proven()) {
            Revision again = back.again(target.revision() + 1, ITSELF, s.now());
            next = again;
            events.add(DeploymentEvent.of(
                    DeploymentEvent.ROLLED_BACK,
                    again.revision(),
                    "Rolled back to revision " + back.revision() + " (version " + back.agentVersion() + ")."));
        }
    }

    private String message(String reason) {
        if ("crash_loop".equals(reason)) {
            return replicas.stream()
                    .filter(r -> r.template() == target.template() && r.failures() >= CRASHES)
                    .findFirst()
                    .map(r -> "A replica failed " + r.failures() + " times in a row. " + r.message())
                    .orElse("A replica fails again and again.");
        }
        return "No replica turned healthy within "
                + target.spec().healthyWithin().toSeconds() + " s.";
    }

    private Changes changes() {
        var changed =
                replicas.stream().filter(r -> !r.equals(before.get(r.id()))).toList();
        return new Changes(state, target.equals(s.target()) ? null : target, next, made, changed, gone, events);
    }
}
