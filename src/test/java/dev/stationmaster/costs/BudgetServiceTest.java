package dev.stationmaster.costs;

import static dev.stationmaster.testing.TestStores.await;
import static dev.stationmaster.testing.TestStores.failure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.costs.CostMessages.BudgetCrossed;
import dev.stationmaster.costs.CostMessages.Limit;
import dev.stationmaster.costs.CostMessages.UsageInterval;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.Samples;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A core costs 3.6 dollars an hour here, so a core-second is a thousandth of a dollar. */
class BudgetServiceTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private static final Prices PRICES = new Prices(new BigDecimal("3.6"), BigDecimal.ZERO, new BigDecimal("36"));
    private static final long MILLI = 1_000_000;

    private final LinkedBlockingQueue<BudgetCrossed> crossed = new LinkedBlockingQueue<>();
    private ManualClock clock;
    private BudgetStore budgets;
    private CostService costs;
    private BudgetService service;
    private Caller ann;
    private Caller operator;
    private long agent;

    @BeforeEach
    void start() {
        STORES.sql("TRUNCATE cost_ledger, spend, spend_by_day, spend_by_period, budgets, agents, quotas CASCADE");
        ann = Samples.user(STORES, "ann-" + UUID.randomUUID(), Role.DEVELOPER);
        operator = Samples.user(STORES, "op-" + UUID.randomUUID(), Role.OPERATOR);
        agent = STORES.sql(
                        "INSERT INTO agents (name, type, owner_id, current_version, created_at, updated_at)"
                                + " VALUES ($1, 'research', $2, '1', now(), now()) RETURNING id",
                        "agent-" + UUID.randomUUID(),
                        ann.userId())
                .get(0)
                .getLong(0);
        STORES.bus().on(BudgetCrossed.class, crossed::add);
        at("2028-02-29T22:00:00Z");
    }

    /** A server that starts at this time. */
    private void at(String time) {
        clock = new ManualClock(Instant.parse(time));
        budgets = new BudgetStore(STORES.database(), new AuditTrail(clock));
        costs = new CostService(new CostStore(STORES.database(), PRICES), budgets, STORES.bus(), clock);
        service = new BudgetService(budgets, STORES.bus(), clock);
    }

    private static JsonObject body(String scope, Object scopeId, String period, String unit, String limit) {
        var body = new JsonObject()
                .put("name", UUID.randomUUID().toString())
                .put("scope", scope)
                .put("period", period)
                .put("unit", unit)
                .put("limit", limit);
        return scopeId == null ? body : body.put("scope_id", scopeId);
    }

    private Budget budget(String scope, Object scopeId, String period, String unit, String limit) {
        return await(service.create(operator, body(scope, scopeId, period, unit, limit)));
    }

    private JsonObject now(Budget budget) {
        return service.toJson(await(service.visible(operator, budget.id())));
    }

    private void use(String from, String to, int gpus) {
        charge(UUID.randomUUID(), from, to, gpus);
    }

    private void charge(UUID job, String from, String to, int gpus) {
        await(costs.charge(List.of(new UsageInterval(
                job,
                agent,
                ann.userId(),
                "default",
                OffsetDateTime.parse(from),
                OffsetDateTime.parse(to),
                1_000,
                0,
                gpus))));
    }

    private BudgetCrossed told() throws InterruptedException {
        return crossed.poll(20, TimeUnit.SECONDS);
    }

    /** Messages arrive in order: what comes before this one has come. */
    private void assertNothingTold() throws InterruptedException {
        var marker = new BudgetCrossed(CostStore.total("marker", ""), 0, 0, 0);
        STORES.bus().publish(marker);
        assertThat(told()).isEqualTo(marker);
    }

    private static ErrorCode code(Future<?> refused) {
        return ((ApiException) failure(refused)).code();
    }

    @Test
    void use_that_spans_the_end_of_a_leap_month_is_split_to_the_nano() {
        String half = "2028-02-29T23:30:00.123457Z";
        UUID job = UUID.randomUUID();
        charge(job, half, "2028-03-01T00:00:00.000001Z", 2);
        charge(job, "2028-03-01T00:00:00.000001Z", "2028-03-01T01:15:00Z", 2);
        record Row(String period, String start, long nanos, long micros) {}
        var rows = STORES
                .sql("SELECT period, to_char(starts_at AT TIME ZONE 'UTC', 'MM-DD HH24'), spent_nanos, gpu_micros"
                        + " FROM spend_by_period WHERE scope = 'everyone' ORDER BY 1, 2")
                .stream()
                .map(r -> new Row(r.getString(0), r.getString(1), r.getLong(2), r.getLong(3)))
                .toList();
        long before = 1_799_876_543L; // µs in February
        long dearness = 21; // nano-dollars for each µs: a core and two GPUs
        assertThat(rows)
                .containsExactly(
                        new Row("day", "02-29 00", before * dearness, before * 2),
                        new Row("day", "03-01 00", 4_500_000_000L * dearness, 9_000_000_000L),
                        new Row("hour", "02-29 23", before * dearness, before * 2),
                        new Row("hour", "03-01 00", 3_600_000_000L * dearness, 7_200_000_000L),
                        new Row("hour", "03-01 01", 900_000_000L * dearness, 1_800_000_000L),
                        new Row("month", "02-01 00", before * dearness, before * 2),
                        new Row("month", "03-01 00", 4_500_000_000L * dearness, 9_000_000_000L));
        assertThat(STORES.sql("SELECT sum(cpu_nanos + memory_nanos + gpu_nanos)::bigint FROM cost_ledger")
                        .get(0)
                        .getLong(0))
                .isEqualTo((before + 4_500_000_000L) * dearness);
    }

    @Test
    void time_charged_twice_counts_once() {
        UUID job = UUID.randomUUID();
        charge(job, "2028-02-29T22:00:00Z", "2028-02-29T22:00:10Z", 1);
        charge(job, "2028-02-29T22:00:00Z", "2028-02-29T22:00:15Z", 1);
        var everyone = budget("everyone", null, "hour", "gpu_seconds", "100");
        assertThat(now(everyone).getValue("spent")).isEqualTo(new BigDecimal("15"));
    }

    @Test
    void every_scope_counts_what_concerns_it() {
        var mine = List.of(
                budget("user", ann.username(), "hour", "currency", "1"),
                budget("agent", agent, "day", "currency", "1"),
                budget("queue", "default", "month", "currency", "1"),
                budget("everyone", null, "hour", "gpu_seconds", "1000"));
        var other = budget("user", operator.userId().toString(), "hour", "currency", "1");
        use("2028-02-29T21:59:50Z", "2028-02-29T22:01:40Z", 0);
        use("2028-02-29T22:00:00Z", "2028-02-29T22:00:02.5Z", 3);
        assertThat(mine.stream().map(b -> now(b).getValue("spent").toString()))
                .containsExactly("0.1775", "0.1875", "0.1875", "7.5");
        assertThat(now(other).getValue("spent")).isEqualTo(BigDecimal.ZERO);
        JsonObject first = now(mine.get(0));
        assertThat(first.getValue("remaining")).isEqualTo(new BigDecimal("0.8225"));
        assertThat(first.getLong("percent")).isEqualTo(17);
        assertThat(first.getString("state")).isEqualTo("ok");
        assertThat(first.getString("resets_at")).isEqualTo("2028-02-29T23:00:00Z");
        assertThat(first.getString("scope_name")).isEqualTo(ann.username());
        assertThat(now(mine.get(2)).getString("scope_name")).isEqualTo("default");
        assertThat(now(mine.get(2)).getString("resets_at")).isEqualTo("2028-03-01T00:00:00Z");
    }

    @Test
    void at_80_percent_one_warning_is_given_for_each_period_and_limit_whichever_server_looks() throws Exception {
        var budget = budget("agent", agent, "hour", "currency", "0.1");
        use("2028-02-29T22:00:00Z", "2028-02-29T22:01:19.999Z", 0);
        assertNothingTold();
        use("2028-02-29T22:00:00Z", "2028-02-29T22:00:05Z", 0);
        BudgetCrossed warning = told();
        assertThat(warning.percent()).isEqualTo(80);
        assertThat(warning.limit().name()).isEqualTo(budget.name());
        assertThat(now(budget).getString("state")).isEqualTo("warning");
        assertThat(now(budget).getBoolean("warned")).isTrue();
        at("2028-02-29T22:30:00Z"); // another server
        use("2028-02-29T22:00:00Z", "2028-02-29T22:00:01Z", 0);
        assertNothingTold();
        await(service.update(operator, budget.id(), new JsonObject().put("limit", "0.105"), null));
        use("2028-02-29T22:00:00Z", "2028-02-29T22:00:01Z", 0);
        assertThat(told().percent()).isEqualTo(80);
        at("2028-02-29T23:30:00Z");
        use("2028-02-29T23:00:00Z", "2028-02-29T23:01:30Z", 0);
        assertThat(told().percent()).isEqualTo(80);
    }

    @Test
    void a_spent_budget_is_told_with_each_charge_and_listed_until_its_period_ends() throws Exception {
        var budget = budget("user", ann.username(), "month", "currency", "0.1");
        var limit = new Limit(
                "user",
                ann.userId().toString(),
                budget.name(),
                false,
                false,
                false,
                OffsetDateTime.parse("2028-03-01T00:00:00Z"));
        use("2028-02-29T22:00:00Z", "2028-02-29T22:01:40Z", 0);
        assertThat(told()).isEqualTo(new BudgetCrossed(limit, 100, 100 * MILLI, 100 * MILLI));
        use("2028-02-29T22:00:00Z", "2028-02-29T22:00:01Z", 0);
        assertThat(told()).isEqualTo(new BudgetCrossed(limit, 100, 101 * MILLI, 100 * MILLI));
        assertThat(await(costs.exhausted()).limits()).containsExactly(limit);
        assertThat(now(budget).getString("state")).isEqualTo("exhausted");
        assertThat(now(budget).getValue("remaining")).isEqualTo(BigDecimal.ZERO);
        clock.advance(Duration.ofHours(2).minusNanos(1_000));
        assertThat(await(costs.exhausted()).limits()).hasSize(1);
        clock.advance(Duration.ofNanos(1_000));
        assertThat(await(costs.exhausted()).limits()).isEmpty();
        assertThat(now(budget).getString("state")).isEqualTo("ok");
        assertThat(now(budget).getValue("spent")).isEqualTo(BigDecimal.ZERO);
    }

    @Test
    void what_a_spent_budget_does_is_told() {
        await(service.create(
                operator, body("everyone", null, "day", "gpu_seconds", "0").put("on_exhaust", "drain")));
        await(service.create(
                operator, body("queue", "default", "day", "currency", "0").put("on_exhaust", "stop")));
        assertThat(await(costs.exhausted()).limits())
                .extracting(Limit::scope, Limit::gpusOnly, Limit::refusesNew, Limit::stopsRunning)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("everyone", true, true, false),
                        org.assertj.core.groups.Tuple.tuple("queue", false, false, true));
    }

    @Test
    void owners_see_what_concerns_them_and_operators_all() {
        var hers = budget("user", ann.username(), "hour", "currency", "1");
        var her = budget("agent", agent, "hour", "currency", "1");
        var all = budget("everyone", null, "hour", "currency", "1");
        var his = budget("user", operator.username(), "hour", "currency", "1");
        assertThat(ids(await(service.list(ann, null, 50))))
                .containsExactlyInAnyOrder(
                        hers.id().toString(), her.id().toString(), all.id().toString());
        assertThat(ids(await(service.list(operator, null, 50))))
                .contains(his.id().toString())
                .hasSize(4);
        assertThat(code(service.visible(ann, his.id()))).isEqualTo(ErrorCode.NOT_FOUND);
        JsonObject page = await(service.list(operator, null, 3));
        assertThat(ids(page)).hasSize(3);
        assertThat(ids(await(service.list(operator, UUID.fromString(page.getString("next_cursor")), 3))))
                .hasSize(1);
    }

    private static List<String> ids(JsonObject page) {
        JsonArray items = page.getJsonArray("items");
        return items.stream().map(item -> ((JsonObject) item).getString("id")).toList();
    }

    @Test
    void what_makes_no_sense_is_refused() {
        for (JsonObject body : List.of(
                body("user", "nobody", "hour", "currency", "1"),
                body("agent", 999_999, "hour", "currency", "1"),
                body("queue", "nowhere", "hour", "currency", "1"),
                body("queue", null, "hour", "currency", "1"),
                body("everyone", "default", "hour", "currency", "1"))) {
            assertThat(code(service.create(operator, body))).isEqualTo(ErrorCode.INVALID_FIELD);
        }
        var one = budget("everyone", null, "hour", "currency", "1");
        var two = budget("everyone", null, "hour", "currency", "1");
        var sameName = body("everyone", null, "day", "currency", "1").put("name", one.name());
        assertThat(code(service.create(operator, sameName))).isEqualTo(ErrorCode.NAME_TAKEN);
        assertThat(code(service.update(operator, two.id(), new JsonObject().put("name", one.name()), null)))
                .isEqualTo(ErrorCode.NAME_TAKEN);
        assertThat(STORES.sql("SELECT 1 FROM budgets")).hasSize(2);
    }

    @Test
    void changes_are_guarded_by_the_version_and_on_record() {
        var budget = budget("everyone", null, "hour", "currency", "1");
        var changed = await(service.update(operator, budget.id(), new JsonObject().put("on_exhaust", "stop"), 1L));
        assertThat(changed.onExhaust()).isEqualTo(OnExhaust.STOP);
        assertThat(changed.version()).isEqualTo(2);
        assertThat(changed.limit()).isEqualTo(budget.limit());
        assertThat(code(service.update(operator, budget.id(), new JsonObject().put("limit", 2), 1L)))
                .isEqualTo(ErrorCode.PRECONDITION_FAILED);
        var both = List.of(
                service.update(operator, budget.id(), new JsonObject().put("limit", 2), null),
                service.update(operator, budget.id(), new JsonObject().put("limit", 3), null));
        await(Future.join(both).otherwiseEmpty());
        assertThat(both).filteredOn(Future::failed).allSatisfy(f -> assertThat(((ApiException) f.cause()).code())
                .isEqualTo(ErrorCode.PRECONDITION_FAILED));
        await(service.delete(operator, budget.id()));
        assertThat(code(service.delete(operator, budget.id()))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(STORES.sql("SELECT action FROM audit_log WHERE target = $1 ORDER BY seq", "budget/" + budget.id()))
                .extracting(row -> row.getString(0))
                .startsWith("budget.create", "budget.update", "budget.update")
                .endsWith("budget.delete");
    }

    @Test
    void there_is_an_end_to_how_many_there_may_be() {
        STORES.sql(
                "INSERT INTO budgets (id, name, scope, scope_id, period, unit, limit_units, on_exhaust, created_at, updated_at)"
                        + " SELECT gen_random_uuid(), 'n' || i, 'everyone', '', 'hour', 'currency', 1, 'block', now(), now()"
                        + " FROM generate_series(1, 1000) AS i");
        assertThat(code(service.create(operator, body("everyone", null, "hour", "currency", "1"))))
                .isEqualTo(ErrorCode.CONFLICT);
    }

    @Test
    void old_sums_are_forgotten_and_those_of_present_periods_stay() {
        use("2028-02-01T00:00:00Z", "2028-02-01T00:00:01Z", 0);
        use("2028-02-29T21:59:59Z", "2028-02-29T22:00:00Z", 0);
        var month = budget("everyone", null, "month", "currency", "1");
        assertThat(await(budgets.forget(clock.utc()))).isEqualTo(4); // the hour of four scopes
        assertThat(now(month).getValue("spent")).isEqualTo(new BigDecimal("0.002"));
    }

    /** The last statement of the migration, on a ledger that was there before it. */
    @Test
    void what_the_month_spent_before_budgets_came_counts() throws IOException {
        UUID job = UUID.randomUUID();
        STORES.sql(
                "INSERT INTO jobs (id, owner_id, owner, agent_id, agent_name, agent_version, name, priority, state, runner,"
                        + " simulated, max_attempts, cpu_millis, memory_bytes, gpus, storage_bytes, folder_id, created_at,"
                        + " queued_at) VALUES ($1, $2, 'ann', $3, 'a', '1', 'j', 5, 'running', 'process', false, 1, 1000, 0,"
                        + " 3, 0, $1, now(), now())",
                job,
                ann.userId(),
                agent);
        STORES.sql(
                "INSERT INTO cost_ledger (at, from_at, job_id, agent_id, user_id, cpu_nanos, memory_nanos, gpu_nanos)"
                        + " SELECT t + interval '150 minutes', t, $1, $2, $3, 100000000000, 7, 0"
                        + " FROM (SELECT date_trunc('month', now(), 'UTC') + interval '30 minutes' AS t) x",
                job,
                agent,
                ann.userId());
        String migration = Files.readString(Path.of("src/main/resources/db/migration/V011__budgets.sql"));
        STORES.sql(migration
                .substring(migration.indexOf("INSERT INTO spend_by_period"))
                .strip()
                .replaceAll(";$", ""));
        assertThat(STORES
                        .sql("SELECT spent_nanos, gpu_micros FROM spend_by_period"
                                + " WHERE scope = 'queue' AND period = 'hour' ORDER BY starts_at")
                        .stream()
                        .map(row -> row.getLong(0) + " " + row.getLong(1)))
                .containsExactly("20000000001 5400000000", "40000000003 10800000000", "40000000003 10800000000");
        assertThat(STORES.sql("SELECT sum(spent_nanos)::bigint FROM spend_by_period WHERE period = 'month'")
                        .get(0)
                        .getLong(0))
                .isEqualTo(4 * 100_000_000_007L);
    }
}
