package dev.stationmaster.agents;

import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.policies.PolicyMessages;
import dev.stationmaster.policies.PolicyMessages.PolicyVerdict;
import io.vertx.core.Future;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the safety policies about agents before they are saved. Where they do not answer, nothing is saved (503): what is
 * not known to be allowed is not. Stateless.
 */
final class PolicyCheck {
    private static final Logger LOG = LoggerFactory.getLogger(PolicyCheck.class);

    private final Bus bus;

    PolicyCheck(Bus bus) {
        this.bus = bus;
    }

    /** Fails with POLICY_VIOLATION, which names every policy that refuses, or UNAVAILABLE. */
    Future<PolicyVerdict> check(Agent agent) {
        return bus.request(new PolicyMessages.CheckAgent(agent.spec()))
                .recover(PolicyCheck::unavailable)
                .compose(verdict -> {
                    String refusal = verdict.refusal();
                    return refusal == null
                            ? Future.succeededFuture(verdict)
                            : Future.failedFuture(new ApiException(
                                    ErrorCode.POLICY_VIOLATION,
                                    refusal,
                                    verdict.refusals().stream()
                                            .map(b -> new FieldError("", b.policy() + ": " + b.message()))
                                            .toList()));
                });
    }

    private static Future<PolicyVerdict> unavailable(Throwable error) {
        LOG.warn("The policies do not answer: {}", error.toString());
        return Future.failedFuture(ApiException.retryLater(
                ErrorCode.UNAVAILABLE, "The safety policies can't be asked at the moment; try again in a second.", 1));
    }

    /** Puts on record what a saved agent breaks. The agent stands whatever happens here. */
    Future<Agent> accepted(Agent agent, PolicyVerdict verdict) {
        var broken = Stream.concat(verdict.warnings().stream(), verdict.audited().stream())
                .toList();
        if (broken.isEmpty()) {
            return Future.succeededFuture(agent);
        }
        return bus.request(new PolicyMessages.RecordAccepted(
                        "agent",
                        Long.toString(agent.id()),
                        agent.name(),
                        agent.id(),
                        agent.ownerId(),
                        agent.owner(),
                        broken))
                .onFailure(e -> LOG.warn("Broken policies of agent {} are not on record: {}", agent.id(), e.toString()))
                .transform(done -> Future.succeededFuture(agent));
    }
}
