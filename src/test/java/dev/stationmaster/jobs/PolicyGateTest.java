package dev.stationmaster.jobs;

import static dev.stationmaster.testing.TestStores.await;
import static dev.stationmaster.testing.TestStores.failure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.agents.AgentMessages.AgentSpec;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.policies.PolicyMessages;
import dev.stationmaster.policies.PolicyMessages.BrokenPolicy;
import dev.stationmaster.policies.PolicyMessages.PolicyState;
import dev.stationmaster.policies.PolicyMessages.PolicyVerdict;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.Samples;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Future;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PolicyGateTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private static final AgentSpec AGENT = new AgentSpec(
            1,
            "a",
            "research",
            new UUID(0, 1),
            "1",
            null,
            "{}",
            null,
            null,
            0,
            0,
            "process",
            List.of("x"),
            null,
            Map.of(),
            "ann",
            Map.of(),
            null);

    private final ManualClock clock = new ManualClock();
    private final PolicyGate gate =
            new PolicyGate(new JobStore(STORES.database(), new AuditTrail(clock)), STORES.bus(), clock);
    private final List<MessageConsumer<?>> consumers = new ArrayList<>();
    private final AtomicInteger questions = new AtomicInteger();
    private volatile int policies;

    @AfterEach
    void silence() {
        consumers.forEach(consumer -> await(consumer.unregister()));
    }

    private void stateIsKnown() {
        consumers.add(STORES.bus().answer(PolicyMessages.FindPolicyState.class, q -> {
            questions.incrementAndGet();
            return Future.succeededFuture(new PolicyState(policies, 0));
        }));
    }

    private void verdict(PolicyVerdict verdict) {
        consumers.add(STORES.bus().answer(PolicyMessages.CheckJob.class, q -> Future.succeededFuture(verdict)));
    }

    private static NewJob job() {
        UUID id = UUID.randomUUID();
        return new NewJob(
                id,
                Samples.caller(UUID.randomUUID(), "ann", Role.DEVELOPER),
                1,
                "a",
                "1",
                "run",
                5,
                "process",
                false,
                1,
                new JsonObject(),
                new JsonObject(),
                new Resources(1_000, 1 << 30, 0, 0),
                Scheduling.DEFAULT,
                StartRules.AT_ONCE,
                RetryRules.ANY,
                null,
                new JsonObject(),
                null,
                null,
                false,
                null,
                id,
                new ManualClock().utc(),
                null);
    }

    private ErrorCode refusal() {
        return ((ApiException) failure(gate.admit(AGENT, job()))).code();
    }

    @Test
    void without_policies_one_question_does_for_many_jobs() {
        stateIsKnown();
        for (int i = 0; i < 100; i++) {
            assertThat(await(gate.admit(AGENT, job())).refusals()).isEmpty();
        }
        assertThat(questions).hasValue(1);
    }

    @Test
    void who_does_not_answer_whether_there_are_policies_lets_nothing_through() {
        assertThat(refusal()).isEqualTo(ErrorCode.UNAVAILABLE);
        stateIsKnown();
        await(gate.admit(AGENT, job()));
    }

    @Test
    void who_does_not_answer_what_the_policies_say_lets_nothing_through() {
        policies = 1;
        stateIsKnown();
        assertThat(refusal()).isEqualTo(ErrorCode.UNAVAILABLE);
    }

    @Test
    void news_of_policies_are_heard() {
        stateIsKnown();
        verdict(new PolicyVerdict(
                "Refused.", List.of(new BrokenPolicy(new UUID(0, 2), "p", "enforce", "No.")), List.of(), List.of()));
        await(gate.admit(AGENT, job()));
        policies = 1;
        await(gate.admit(AGENT, job()));
        STORES.bus().publish(new PolicyMessages.PoliciesLoaded());
        Awaitility.await()
                .until(() -> gate.admit(AGENT, job()).otherwiseEmpty().result() == null && questions.get() == 2);
        ApiException refused = (ApiException) failure(gate.admit(AGENT, job()));
        assertThat(refused.code()).isEqualTo(ErrorCode.POLICY_VIOLATION);
        assertThat(refused.errors().get(0).detail()).isEqualTo("p: No.");
    }

    @Test
    void an_accepted_job_stands_though_its_record_fails() {
        var broken = new BrokenPolicy(new UUID(0, 2), "p", "audit", "No.");
        Job job = job().withSeq(1);
        assertThat(await(gate.accepted(job, new PolicyVerdict(null, List.of(), List.of(), List.of(broken)))))
                .isSameAs(job);
    }
}
