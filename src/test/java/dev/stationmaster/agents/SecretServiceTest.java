package dev.stationmaster.agents;

import static dev.stationmaster.testing.TestStores.await;
import static dev.stationmaster.testing.TestStores.failure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.security.SecretBox;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.policies.PolicyMessages;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.Samples;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SecretServiceTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private final String name = "agent-" + UUID.randomUUID();
    private AgentService agents;
    private SecretService secrets;
    private Caller ann;

    @BeforeAll
    static void policies() {
        STORES.bus()
                .answer(
                        PolicyMessages.CheckAgent.class,
                        q -> Future.succeededFuture(
                                new PolicyMessages.PolicyVerdict(null, List.of(), List.of(), List.of())));
    }

    @BeforeEach
    void start() {
        var clock = new ManualClock();
        var audit = new AuditTrail(clock);
        agents = new AgentService(new AgentStore(STORES.database(), audit), STORES.bus(), clock);
        secrets = new SecretService(
                agents, new SecretStore(STORES.database(), audit), new SecretBox(new byte[32]), clock);
        ann = Samples.user(STORES, "ann-" + name, Role.DEVELOPER);
    }

    private JsonObject body() {
        return new JsonObject().put("name", name).put("type", "research");
    }

    private Agent create(JsonObject body) {
        return await(agents.create(ann, body, Optional.empty(), body.encode()));
    }

    private static ErrorCode code(Future<?> future) {
        return ((ApiException) failure(future)).code();
    }

    @Test
    void only_its_owner_and_operators_write_secrets() {
        Agent agent = create(body());
        Caller bob = Samples.caller(UUID.randomUUID(), "bob", Role.DEVELOPER);
        assertThat(code(secrets.put(bob, agent.id(), "A", "x"))).isEqualTo(ErrorCode.FORBIDDEN);
        assertThat(code(secrets.names(bob, agent.id()))).isEqualTo(ErrorCode.FORBIDDEN);
        await(secrets.put(Samples.caller(UUID.randomUUID(), "op", Role.OPERATOR), agent.id(), "A", "x"));
    }

    @Test
    void what_no_job_could_be_given_is_refused() {
        Agent agent = create(body());
        assertThat(code(secrets.put(ann, agent.id(), "STATIONMASTER_URL", "x"))).isEqualTo(ErrorCode.INVALID_FIELD);
        assertThat(code(secrets.put(ann, agent.id(), "A", "x\0y"))).isEqualTo(ErrorCode.INVALID_FIELD);
    }

    @Test
    void a_secret_is_sealed_in_the_table_and_never_in_the_audit_log() {
        Agent agent = create(body());
        await(secrets.put(ann, agent.id(), "API_KEY", "geheim-4711"));
        await(secrets.put(ann, agent.id(), "API_KEY", "geheim-4712"));
        assertThat(await(secrets.open(agent.id()))).containsExactly(java.util.Map.entry("API_KEY", "geheim-4712"));
        byte[] sealed = STORES.sql("SELECT sealed FROM agent_secrets WHERE agent_id = $1", agent.id())
                .get(0)
                .getBuffer(0)
                .getBytes();
        assertThat(new String(sealed, StandardCharsets.ISO_8859_1)).doesNotContain("geheim");
        assertThat(STORES.sql("SELECT l::text FROM audit_log l"))
                .noneMatch(row -> row.getString(0).contains("geheim"));
        assertThat(await(agents.find(agent.id())).toJson().encode())
                .contains("API_KEY")
                .doesNotContain("geheim");
        assertThat(await(secrets.names(ann, agent.id()))).containsOnlyKeys("API_KEY");
        await(secrets.delete(ann, agent.id(), "API_KEY"));
        assertThat(code(secrets.delete(ann, agent.id(), "API_KEY"))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(new AgentMessages.SecretsFound(java.util.Map.of("A", "geheim")).toString())
                .doesNotContain("geheim");
    }

    @Test
    void a_sealed_secret_moved_to_another_agent_does_not_open() {
        Agent mine = create(body());
        Agent other = create(body().put("name", name + "-other"));
        await(secrets.put(ann, mine.id(), "API_KEY", "geheim"));
        STORES.sql("UPDATE agent_secrets SET agent_id = $1 WHERE agent_id = $2", other.id(), mine.id());
        assertThat(failure(secrets.open(other.id()))).isInstanceOf(IllegalStateException.class);
    }
}
