package dev.stationmaster.jobs;

import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.policies.PolicyMessages;
import dev.stationmaster.policies.PolicyMessages.BrokenPolicy;
import dev.stationmaster.policies.PolicyMessages.PolicyVerdict;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the safety policies about new jobs. Where no policy applies to jobs, which is remembered for a few seconds and
 * forgotten when policies change, it costs a look into a map. Where the policies do not answer, jobs are refused with
 * 503: what is not known to be allowed is not. Bound to one event loop.
 */
final class PolicyGate {
    private static final Logger LOG = LoggerFactory.getLogger(PolicyGate.class);
    private static final Duration CACHE = Duration.ofSeconds(5);
    private static final String EVENT = "policy_warning";
    private static final PolicyVerdict NOTHING_BROKEN = new PolicyVerdict(null, List.of(), List.of(), List.of());
    private static final Future<PolicyVerdict> ALLOWED = Future.succeededFuture(NOTHING_BROKEN);

    private final JobStore store;
    private final Bus bus;
    private final Clock clock;
    private final RequestCache<String, PolicyMessages.PolicyState> states;

    PolicyGate(JobStore store, Bus bus, Clock clock) {
        this.store = store;
        this.bus = bus;
        this.clock = clock;
        this.states = new RequestCache<>(CACHE, all -> bus.request(new PolicyMessages.FindPolicyState()));
        bus.on(PolicyMessages.PoliciesLoaded.class, m -> states.forget(""));
    }

    /** Fails with POLICY_VIOLATION, which names every policy that refuses, or UNAVAILABLE. */
    Future<PolicyVerdict> admit(AgentSpec agent, NewJob job) {
        Future<PolicyMessages.PolicyState> state = states.get("");
        if (state.succeeded() && state.result().jobPolicies() == 0) {
            return ALLOWED;
        }
        return state.compose(known -> known.jobPolicies() == 0
                        ? ALLOWED
                        : bus.request(new PolicyMessages.CheckJob(
                                agent, job.withSeq(0).facts())))
                .recover(PolicyGate::unavailable)
                .compose(PolicyGate::orRefuse);
    }

    private static Future<PolicyVerdict> unavailable(Throwable error) {
        LOG.warn("The policies do not answer: {}", error.toString());
        return Future.failedFuture(ApiException.retryLater(
                ErrorCode.UNAVAILABLE, "The safety policies can't be asked at the moment; try again in a second.", 1));
    }

    private static Future<PolicyVerdict> orRefuse(PolicyVerdict verdict) {
        String refusal = verdict.refusal();
        return refusal == null
                ? Future.succeededFuture(verdict)
                : Future.failedFuture(new ApiException(
                        ErrorCode.POLICY_VIOLATION,
                        refusal,
                        verdict.refusals().stream()
                                .map(b -> new FieldError("", b.policy() + ": " + b.message()))
                                .toList()));
    }

    /** Puts on record what an accepted job breaks. The job stands whatever happens here. */
    Future<Job> accepted(Job job, PolicyVerdict verdict) {
        if (verdict.warnings().isEmpty() && verdict.audited().isEmpty()) {
            return Future.succeededFuture(job);
        }
        var broken = Stream.concat(verdict.warnings().stream(), verdict.audited().stream())
                .toList();
        var recorded = bus.request(new PolicyMessages.RecordAccepted(
                "job", job.id().toString(), job.name(), job.agentId(), job.ownerId(), job.owner(), broken));
        var warned = verdict.warnings().stream().map(b -> warn(job, b)).toList();
        return Future.join(recorded, Future.join(warned))
                .onFailure(e -> LOG.warn("Broken policies of job {} are not on record: {}", job.id(), e.toString()))
                .transform(done -> Future.succeededFuture(job));
    }

    private Future<Void> warn(Job job, BrokenPolicy broken) {
        String text = broken.policy() + ": " + broken.message();
        JobNews.event(bus, job, clock.utc(), "policy.warning", job.name() + ": " + text);
        return store.addEvent(job.id(), clock.utc(), EVENT, broken.policy(), text);
    }
}
