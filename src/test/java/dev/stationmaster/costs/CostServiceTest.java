package dev.stationmaster.costs;

import static dev.stationmaster.testing.TestStores.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.costs.CostMessages.BudgetCrossed;
import dev.stationmaster.costs.CostMessages.UsageInterval;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.process.Waits;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.Role;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.Samples;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class CostServiceTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private static final long GIB = 1L << 30;
    private static final OffsetDateTime NOON = OffsetDateTime.parse("2026-03-14T12:00:00.123456Z");
    private static final Prices PRICES =
            new Prices(new BigDecimal("0.04"), new BigDecimal("0.005"), new BigDecimal("2.50"));
    private static final long CENT = 10_000_000;

    private final ManualClock clock = new ManualClock();
    private final UUID job = UUID.randomUUID();
    private final LinkedBlockingQueue<BudgetCrossed> crossed = new LinkedBlockingQueue<>();
    private CostStore store;
    private CostService service;
    private Caller ann;
    private long agent;

    @BeforeEach
    void start() {
        STORES.sql("TRUNCATE cost_ledger, spend, spend_by_day, spend_by_period, agents, quotas CASCADE");
        store = new CostStore(STORES.database(), PRICES);
        service =
                new CostService(store, new BudgetStore(STORES.database(), new AuditTrail(clock)), STORES.bus(), clock);
        ann = Samples.user(STORES, "ann-" + job, Role.DEVELOPER);
        agent = STORES.sql(
                        "INSERT INTO agents (name, type, owner_id, current_version, created_at, updated_at)"
                                + " VALUES ($1, 'research', $2, '1', now(), now()) RETURNING id",
                        "agent-" + job,
                        ann.userId())
                .get(0)
                .getLong(0);
        STORES.bus().on(BudgetCrossed.class, crossed::add);
    }

    private UsageInterval core(long fromSeconds, long toSeconds) {
        return interval(NOON.plusSeconds(fromSeconds), NOON.plusSeconds(toSeconds), 1_000, 0, 0);
    }

    private UsageInterval interval(OffsetDateTime from, OffsetDateTime to, long cpu, long memory, int gpus) {
        return new UsageInterval(job, agent, ann.userId(), "default", from, to, cpu, memory, gpus);
    }

    /** The total of the job after the charge. */
    private long charge(UsageInterval... intervals) {
        var totals = await(service.charge(List.of(intervals))).totals();
        assertThat(totals).hasSize(1);
        return totals.get(0).nanos();
    }

    private long spent(String scope, String id) {
        return await(store.spend(scope, id));
    }

    @Test
    void an_hour_of_one_core_costs_exactly_its_price() {
        assertThat(charge(core(0, 3600))).isEqualTo(4 * CENT);
    }

    @Test
    void an_hour_charged_second_by_second_costs_exactly_the_same() {
        for (int i = 0; i < 3600; i += 400) {
            var seconds = new ArrayList<UsageInterval>();
            for (int second = i; second < i + 400; second++) {
                seconds.add(core(second, second + 1));
            }
            await(service.charge(seconds));
        }
        assertThat(spent("job", job.toString())).isEqualTo(4 * CENT);
    }

    @Test
    void every_resource_has_its_price() {
        var hour = NOON.plusHours(1);
        assertThat(charge(interval(NOON, hour, 500, 4 * GIB, 3))).isEqualTo(2 * CENT + 2 * CENT + 750 * CENT);
        var row = STORES.sql("SELECT cpu_nanos, memory_nanos, gpu_nanos FROM cost_ledger")
                .get(0);
        assertThat(row.getLong(0)).isEqualTo(2 * CENT);
        assertThat(row.getLong(1)).isEqualTo(2 * CENT);
        assertThat(row.getLong(2)).isEqualTo(750 * CENT);
    }

    @Test
    void all_sums_agree() {
        charge(core(0, 1800), core(1800, 3600));
        assertThat(spent("job", job.toString())).isEqualTo(4 * CENT);
        assertThat(spent("agent", Long.toString(agent))).isEqualTo(4 * CENT);
        assertThat(spent("user", ann.userId().toString())).isEqualTo(4 * CENT);
        assertThat(await(store.summary(NOON.toLocalDate())).totalNanos()).isEqualTo(4 * CENT);
        assertThat(STORES.sql("SELECT sum(cpu_nanos + memory_nanos + gpu_nanos)::bigint FROM cost_ledger")
                        .get(0)
                        .getLong(0))
                .isEqualTo(4 * CENT);
    }

    @Test
    void charging_the_same_time_again_costs_nothing() {
        charge(core(0, 3600));
        assertThat(charge(core(0, 3600))).isEqualTo(4 * CENT);
        assertThat(charge(core(600, 1200))).isEqualTo(4 * CENT);
        assertThat(STORES.sql("SELECT 1 FROM cost_ledger")).hasSize(1);
    }

    @Test
    void an_overlap_costs_only_its_new_part() {
        charge(core(0, 1800));
        assertThat(charge(core(900, 3600))).isEqualTo(4 * CENT);
    }

    @Test
    void an_overlap_inside_one_charge_costs_only_its_new_part() {
        assertThat(charge(core(0, 1800), core(900, 3600), core(0, 1800))).isEqualTo(4 * CENT);
    }

    /** Both are held at their last step, so that neither can see what the other did. */
    @Test
    void servers_that_charge_the_same_time_at_once_charge_it_once() {
        Promise<Void> release = Promise.promise();
        Promise<Void> held = Promise.promise();
        var holder = STORES.database().inTransaction(tx -> tx.query("LOCK TABLE spend IN ACCESS EXCLUSIVE MODE")
                .execute()
                .onSuccess(done -> held.complete())
                .compose(done -> release.future()));
        await(held.future());
        var first = service.charge(List.of(core(0, 3600)));
        var second = service.charge(List.of(core(0, 3600)));
        assertThat(Waits.until(() -> waiting() == 2, Duration.ofSeconds(20))).isTrue();
        release.complete();
        await(Future.all(holder, first, second));
        assertThat(spent("job", job.toString())).isEqualTo(4 * CENT);
    }

    private static long waiting() {
        return STORES.sql("SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.datname = current_database()"
                        + " WHERE NOT l.granted AND l.database = d.oid")
                .get(0)
                .getLong(0);
    }

    @Test
    void time_that_runs_backwards_costs_nothing() {
        assertThat(await(service.charge(List.of(core(3600, 0)))).totals()).isEmpty();
        assertThat(await(service.charge(List.of())).totals()).isEmpty();
    }

    private void budget(long nanos) {
        STORES.sql("UPDATE agents SET budget_nanos = $1 WHERE id = $2", nanos, agent);
    }

    private BudgetCrossed agentCrossed(int percent, long spent, long limit) {
        return new BudgetCrossed(CostStore.total("agent", Long.toString(agent)), percent, spent, limit);
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

    @Test
    void a_budget_is_warned_of_once_at_80_percent_and_told_each_time_at_100() throws Exception {
        budget(10 * CENT);
        charge(core(0, 7_199)); // just below 80 %
        assertNothingTold();
        charge(core(0, 7_200));
        assertThat(told()).isEqualTo(agentCrossed(80, 8 * CENT, 10 * CENT));
        charge(core(0, 8_000));
        assertNothingTold();
        charge(core(0, 9_000));
        assertThat(told()).isEqualTo(agentCrossed(100, 10 * CENT, 10 * CENT));
        charge(core(0, 9_900));
        assertThat(told().percent()).isEqualTo(100);
    }

    @Test
    void a_raised_budget_is_warned_of_again() throws Exception {
        budget(10 * CENT);
        charge(core(0, 7_200));
        assertThat(told().percent()).isEqualTo(80);
        budget(20 * CENT);
        charge(core(0, 14_400));
        assertThat(told()).isEqualTo(agentCrossed(80, 16 * CENT, 20 * CENT));
    }

    @Test
    void users_have_budgets_too() throws Exception {
        STORES.sql(
                "INSERT INTO quotas (user_id, budget_nanos, updated_at) VALUES ($1, $2, now())",
                ann.userId(),
                4 * CENT);
        charge(core(0, 3600));
        assertThat(told())
                .isEqualTo(
                        new BudgetCrossed(CostStore.total("user", ann.userId().toString()), 100, 4 * CENT, 4 * CENT));
    }

    private List<CostMessages.Limit> exhausted() {
        return await(service.exhausted()).limits();
    }

    @Test
    void what_has_nothing_left_is_listed() {
        assertThat(exhausted()).isEmpty();
        budget(4 * CENT);
        charge(core(0, 3599));
        assertThat(exhausted()).isEmpty();
        charge(core(0, 3600));
        assertThat(exhausted()).containsExactly(CostStore.total("agent", Long.toString(agent)));
        budget(5 * CENT);
        assertThat(exhausted()).isEmpty();
        STORES.sql("INSERT INTO quotas (user_id, budget_nanos, updated_at) VALUES ($1, 0, now())", ann.userId());
        assertThat(exhausted())
                .containsExactly(CostStore.total("user", ann.userId().toString()));
    }

    @Test
    void days_are_in_utc_whatever_the_session_says() {
        var lateOn14 = OffsetDateTime.parse("2026-03-14T23:00:00Z"); // in India it is the 15th
        charge(interval(lateOn14, lateOn14.plusMinutes(59), 1_000, 0, 0));
        assertThat(STORES.sql("SELECT day FROM spend_by_day"))
                .extracting(row -> row.getLocalDate(0))
                .containsExactly(LocalDate.of(2026, 3, 14));
        assertThat(await(store.summary(LocalDate.of(2026, 3, 14))).todayNanos()).isPositive();
        var next = await(store.summary(LocalDate.of(2026, 3, 15)));
        assertThat(next.todayNanos()).isZero();
        assertThat(next.monthNanos()).isPositive();
        assertThat(await(store.summary(LocalDate.of(2026, 4, 1))).monthNanos()).isZero();
    }

    @Test
    void many_jobs_are_charged_with_one_commit() {
        var intervals = new ArrayList<UsageInterval>();
        for (int i = 0; i < 50; i++) {
            intervals.add(new UsageInterval(
                    UUID.randomUUID(), agent, ann.userId(), "default", NOON, NOON.plusHours(1), 1_000, 0, 0));
        }
        var totals = await(service.charge(intervals)).totals();
        assertThat(totals).hasSize(50).allMatch(t -> t.nanos() == 4 * CENT);
        assertThat(totals.stream().map(CostMessages.JobTotal::jobId).sorted(Comparator.naturalOrder()))
                .doesNotHaveDuplicates();
        assertThat(spent("agent", Long.toString(agent))).isEqualTo(200 * CENT);
    }
}
