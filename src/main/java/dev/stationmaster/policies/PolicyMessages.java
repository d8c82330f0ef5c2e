package dev.stationmaster.policies;

import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.jobs.JobMessages.JobFacts;
import dev.stationmaster.platform.bus.BusMessage;
import dev.stationmaster.platform.bus.Request;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What policies say to others. Who asks and gets no answer must refuse (503): nobody knows then what is allowed.
 */
public interface PolicyMessages {
    /** The stored policies changed: every node reads them again. */
    record PoliciesEdited() implements BusMessage {}

    /** The rules in effect on some node changed: remembered answers of {@link FindPolicyState} are void. */
    record PoliciesLoaded() implements BusMessage {}

    /** Answered when this node goes by what is stored now. */
    record ReloadPolicies() implements Request<PolicyState> {}

    /** Is there anything to ask at all? */
    record FindPolicyState() implements Request<PolicyState> {}

    /** How many enabled policies apply to jobs and to agents. */
    record PolicyState(int jobPolicies, int agentPolicies) implements BusMessage {}

    /** May this job be queued? Asked before its row is written; what is refused is on record with the answer. */
    record CheckJob(AgentSpec agent, JobFacts job) implements Request<PolicyVerdict> {}

    /** May this agent be saved so? */
    record CheckAgent(AgentSpec agent) implements Request<PolicyVerdict> {}

    /** @param mode {@code enforce}, {@code warn} or {@code audit} */
    record BrokenPolicy(UUID policyId, String policy, String mode, String message) {}

    /**
     * Refused where {@code refusals} is not empty.
     *
     * @param refusal all refusals in a sentence for people; null where there are none
     * @param warnings for the owner's eyes
     * @param audited for the record only
     */
    record PolicyVerdict(
            @Nullable String refusal,
            List<BrokenPolicy> refusals,
            List<BrokenPolicy> warnings,
            List<BrokenPolicy> audited)
            implements BusMessage {
        public PolicyVerdict {
            refusals = List.copyOf(refusals);
            warnings = List.copyOf(warnings);
            audited = List.copyOf(audited);
        }
    }

    /**
     * A job or agent was accepted though it breaks policies; asked after its commit, so that history never names what
     * does not exist.
     *
     * @param kind {@code job} or {@code agent}
     */
    record RecordAccepted(
            String kind,
            String subjectId,
            String subjectName,
            long agentId,
            UUID ownerId,
            String owner,
            List<BrokenPolicy> broken)
            implements Request<Recorded> {
        public RecordAccepted {
            broken = List.copyOf(broken);
        }
    }

    record Recorded(int entries) implements BusMessage {}
}
