package dev.stationmaster.agents;

import static dev.stationmaster.testing.TestStores.await;
import static dev.stationmaster.testing.TestStores.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.policies.PolicyMessages;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.Samples;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentServiceTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private static final AtomicLong ACTIVE_JOBS = new AtomicLong();

    private final ManualClock clock = new ManualClock();
    private final AuditTrail audit = new AuditTrail(clock);
    private final String name = "agent-" + UUID.randomUUID();
    private AgentService agents;
    private Caller ann;
    private Caller bob;

    @BeforeAll
    static void jobs() {
        STORES.bus()
                .answer(
                        PolicyMessages.CheckAgent.class,
                        q -> Future.succeededFuture(
                                new PolicyMessages.PolicyVerdict(null, List.of(), List.of(), List.of())));
        STORES.bus()
                .answer(
                        JobMessages.CountActiveJobs.class,
                        q -> Future.succeededFuture(new JobMessages.ActiveJobs(ACTIVE_JOBS.get())));
    }

    @BeforeEach
    void start() {
        ACTIVE_JOBS.set(0);
        agents = new AgentService(new AgentStore(STORES.database(), audit), STORES.bus(), clock);
        ann = Samples.user(STORES, "ann-" + name, Role.DEVELOPER);
        bob = Samples.user(STORES, "bob-" + name, Role.DEVELOPER);
    }

    private JsonObject body() {
        return new JsonObject()
                .put("name", name)
                .put("type", "research")
                .put("command", new JsonArray().add("python3").add("train.py"));
    }

    private Agent create(JsonObject body) {
        return await(agents.create(ann, body, Optional.empty(), body.encode()));
    }

    private static ErrorCode code(Future<?> future) {
        return ((ApiException) failure(future)).code();
    }

    @ParameterizedTest
    @CsvSource({
        "1.0.0, 1.0.1",
        "1.0.9, 1.0.10",
        "v2, v3",
        "7, 8",
        "2026-11, 2026-12",
        "nightly, nightly.1",
        "nightly.1, nightly.2",
        "a-999999999, a-1000000000",
        "a-1000000000, a-1000000000.1",
        "1.0.0-rc, 1.0.0-rc.1"
    })
    void the_next_version_has_the_next_number(String version, String next) {
        assertThat(AgentService.bumped(version)).isEqualTo(next);
    }

    @Test
    void a_change_of_what_runs_makes_a_new_version_and_the_old_stays_as_it_was() {
        Agent first = create(body());
        Agent changed = await(agents.update(ann, first.id(), new JsonObject().put("runner", "process"), null));
        assertThat(changed.current().version()).isEqualTo("1.0.1");
        AgentVersion old = await(agents.version(first.id(), "1.0.0")).orElseThrow();
        assertThat(old).isEqualTo(first.current().ofAgent(first.id()));
        assertThat(old.digest()).isNotEqualTo(changed.current().digest());
        assertThat(await(agents.versions(ann, first.id(), 10, null)).items())
                .extracting(AgentVersion::version)
                .containsExactly("1.0.1", "1.0.0");
    }

    @Test
    void a_change_of_what_people_read_makes_none() {
        Agent first = create(body());
        Agent changed = await(agents.update(
                ann,
                first.id(),
                new JsonObject().put("description", "d").put("labels", new JsonObject().put("team", "x")),
                null));
        assertThat(changed.current().version()).isEqualTo("1.0.0");
        assertThat(changed.revision()).isEqualTo(first.revision() + 1);
        assertThat(changed.labels().getString("team")).isEqualTo("x");
    }

    @Test
    void a_version_is_never_written_twice() {
        Agent agent = create(body());
        var again = new JsonObject().put("version", "1.0.0").put("working_dir", "elsewhere");
        assertThat(code(agents.addVersion(ann, agent.id(), again))).isEqualTo(ErrorCode.VERSION_EXISTS);
        assertThat(code(agents.update(ann, agent.id(), again, null))).isEqualTo(ErrorCode.VERSION_EXISTS);
        assertThat(await(agents.find(agent.id())).current().workingDir()).isNull();
    }

    @Test
    void rolling_back_makes_an_old_version_current_and_the_next_one_new() {
        Agent agent = create(body());
        await(agents.addVersion(ann, agent.id(), new JsonObject().put("working_dir", "two")));
        Agent back = await(agents.rollback(ann, agent.id(), "1.0.0"));
        assertThat(back.current().version()).isEqualTo("1.0.0");
        assertThat(back.current().workingDir()).isNull();
        assertThat(code(agents.rollback(ann, agent.id(), "9.9"))).isEqualTo(ErrorCode.NOT_FOUND);
        AgentVersion third = await(agents.addVersion(
                ann, agent.id(), new JsonObject().put("version", "3").put("env", new JsonObject())));
        assertThat(await(agents.find(agent.id())).current().seq()).isEqualTo(3);
        assertThat(third.version()).isEqualTo("3");
    }

    /** The number after the current version's may be taken by the version that was rolled back. */
    @Test
    void a_change_after_a_roll_back_finds_a_free_version_by_itself() {
        Agent agent = create(body());
        await(agents.addVersion(ann, agent.id(), new JsonObject().put("working_dir", "two"))); // 1.0.1
        await(agents.rollback(ann, agent.id(), "1.0.0"));
        Agent changed = await(agents.update(ann, agent.id(), new JsonObject().put("working_dir", "three"), null));
        assertThat(changed.current().version()).isEqualTo("1.0.2");
    }

    @Test
    void a_real_deployment_needs_a_budget() {
        var body = body().put("type", "real_deployment");
        var refused = catchThrowableOfType(ApiException.class, () -> create(body));
        assertThat(refused.code()).isEqualTo(ErrorCode.BUDGET_REQUIRED);
        assertThat(refused.errors())
                .extracting(ApiException.FieldError::pointer)
                .containsExactly("/budget_limit");
        Agent agent = create(body.put("budget_limit", "12.50"));
        assertThat(agent.budgetNanos()).isEqualTo(12_500_000_000L);
        assertThat(code(agents.update(ann, agent.id(), new JsonObject().putNull("budget_limit"), null)))
                .isEqualTo(ErrorCode.BUDGET_REQUIRED);
        assertThat(await(agents.find(agent.id())).budgetNanos()).isEqualTo(12_500_000_000L);
    }

    @Test
    void creating_is_idempotent_with_a_key() {
        var key = Optional.of("k-" + name);
        String text = body().encode();
        Agent first = await(agents.create(ann, body(), key, text));
        Agent again = await(agents.create(ann, body(), key, text));
        assertThat(again.id()).isEqualTo(first.id());
        var other = body().put("name", name + "-other");
        assertThat(code(agents.create(ann, other, key, other.encode()))).isEqualTo(ErrorCode.IDEMPOTENCY_KEY_REUSED);
        assertThat(code(agents.create(bob, body(), key, text))).isEqualTo(ErrorCode.NAME_TAKEN);
        assertThat(STORES.sql(
                        "SELECT 1 FROM audit_log WHERE action = 'agent.create' AND target = $1", "agent/" + first.id()))
                .hasSize(1);
    }

    @Test
    void the_same_creation_twice_at_once_makes_one_agent() {
        var key = Optional.of("k-" + name);
        String text = body().encode();
        var a = agents.create(ann, body(), key, text);
        var b = agents.create(ann, body(), key, text);
        assertThat(await(a).id()).isEqualTo(await(b).id());
    }

    @Test
    void names_are_taken_once_and_free_again_after_deletion() {
        Agent agent = create(body());
        assertThat(code(agents.create(bob, body(), Optional.empty(), ""))).isEqualTo(ErrorCode.NAME_TAKEN);
        await(agents.delete(ann, agent.id()));
        assertThat(code(agents.find(agent.id()))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(create(body()).id()).isNotEqualTo(agent.id());
    }

    @Test
    void an_agent_with_unfinished_jobs_stays() {
        Agent agent = create(body());
        ACTIVE_JOBS.set(2);
        assertThat(code(agents.delete(ann, agent.id()))).isEqualTo(ErrorCode.HAS_ACTIVE_JOBS);
    }

    @Test
    void only_its_owner_and_operators_change_it() {
        Agent agent = create(body());
        var patch = new JsonObject().put("description", "mine now");
        assertThat(code(agents.update(bob, agent.id(), patch, null))).isEqualTo(ErrorCode.FORBIDDEN);
        Caller operator = Samples.caller(UUID.randomUUID(), "op", Role.OPERATOR);
        await(agents.update(operator, agent.id(), patch, null));
    }

    @Test
    void an_old_revision_changes_nothing() {
        Agent agent = create(body());
        var patch = new JsonObject().put("description", "d");
        await(agents.update(ann, agent.id(), patch, agent.revision()));
        assertThat(code(agents.update(ann, agent.id(), patch, agent.revision())))
                .isEqualTo(ErrorCode.PRECONDITION_FAILED);
    }

    @Test
    void of_two_changes_at_once_none_is_lost_in_silence() {
        Agent agent = create(body());
        var a = agents.update(ann, agent.id(), new JsonObject().put("description", "a"), null);
        var b = agents.update(ann, agent.id(), new JsonObject().put("working_dir", "b"), null);
        await(Future.join(a, b).otherwiseEmpty());
        Agent after = await(agents.find(agent.id()));
        for (var change : List.of(a, b)) {
            if (change.failed()) {
                assertThat(code(change)).isEqualTo(ErrorCode.PRECONDITION_FAILED);
            }
        }
        assertThat(after.description() != null).isEqualTo(a.succeeded());
        assertThat(after.current().workingDir() != null).isEqualTo(b.succeeded());
    }

    @Test
    void names_of_the_job_contract_are_reserved() {
        var env = new JsonObject().put("STATIONMASTER_TOKEN", "mine");
        assertThat(catchThrowableOfType(ApiException.class, () -> create(body().put("env", env)))
                        .code())
                .isEqualTo(ErrorCode.INVALID_FIELD);
    }

    @Test
    void every_change_is_in_the_audit_log_with_before_and_after() {
        Agent agent = create(body());
        await(agents.update(ann, agent.id(), new JsonObject().put("description", "d"), null));
        await(agents.delete(ann, agent.id()));
        var entries = STORES.sql(
                "SELECT action, before->>'description', after->>'description', request_id FROM audit_log"
                        + " WHERE target = $1 ORDER BY seq",
                "agent/" + agent.id());
        assertThat(entries)
                .extracting(r -> r.getString(0) + " " + r.getString(1) + " " + r.getString(2) + " " + r.getString(3))
                .containsExactly(
                        "agent.create null null request-1",
                        "agent.update null d request-1",
                        "agent.delete d null request-1");
    }
}
