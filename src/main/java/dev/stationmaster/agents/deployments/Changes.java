package dev.stationmaster.agents.deployments;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What one look at a deployment changes; written with one commit.
 *
 * @param state null: stays
 * @param target the revision that it is becoming, if that changed
 * @param next a revision that takes its place: a roll-back
 */
record Changes(
        @Nullable DeploymentState state,
        @Nullable Revision target,
        @Nullable Revision next,
        List<Replica> made,
        List<Replica> changed,
        List<UUID> gone,
        List<DeploymentEvent> events) {
    Changes {
        made = List.copyOf(made);
        changed = List.copyOf(changed);
        gone = List.copyOf(gone);
        events = List.copyOf(events);
    }

    boolean none() {
        return state == null
                && target == null
                && next == null
                && made.isEmpty()
                && changed.isEmpty()
                && gone.isEmpty()
                && events.isEmpty();
    }
}
