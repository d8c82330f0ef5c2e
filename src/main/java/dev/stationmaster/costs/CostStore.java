package dev.stationmaster.costs;

import dev.stationmaster.costs.CostMessages.Charged;
import dev.stationmaster.costs.CostMessages.JobTotal;
import dev.stationmaster.costs.CostMessages.Limit;
import dev.stationmaster.costs.CostMessages.SpendSummary;
import dev.stationmaster.costs.CostMessages.UsageInterval;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** SQL of money. */
final class CostStore {
    /**
     * The ledger gets only time that it does not hold yet, so a repeated charge costs nothing. Sums are kept by job,
     * agent, user, day and period in the same transaction; time that spans the border of an hour is split there, and all
     * other periods begin where an hour does.
     *
     * <p>The price of an interval is F(end) - F(start), where F(t) is the rounded price of all time up to t. So the
     * sum over any chain of intervals is exact to a nano-dollar, however short they are.
     */
    private static final String CHARGE = """
            WITH input AS (
              SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::timestamptz[], $5::timestamptz[],
                $6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::int[])
              AS u(job_id, agent_id, user_id, from_at, to_at, cpu, memory, gpu, queue, gpus)
            ), fresh AS (
              SELECT i.*, greatest(i.from_at, l.last_at, max(i.to_at) OVER (PARTITION BY i.job_id
                ORDER BY i.from_at, i.to_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS start_at
              FROM input i LEFT JOIN LATERAL
                (SELECT max(at) AS last_at FROM cost_ledger c WHERE c.job_id = i.job_id) l ON true
            ), entries AS (
              INSERT INTO cost_ledger (at, from_at, job_id, agent_id, user_id, cpu_nanos, memory_nanos, gpu_nanos)
              SELECT to_at, start_at, job_id, agent_id, user_id,
                round(cpu * extract(epoch FROM to_at) / 3600) - round(cpu * extract(epoch FROM start_at) / 3600),
                round(memory * extract(epoch FROM to_at) / 3600) - round(memory * extract(epoch FROM start_at) / 3600),
                round(gpu * extract(epoch FROM to_at) / 3600) - round(gpu * extract(epoch FROM start_at) / 3600)
              FROM fresh WHERE to_at > start_at
              RETURNING at, job_id, agent_id, user_id, cpu_nanos + memory_nanos + gpu_nanos AS nanos
            ), pieces AS (
              SELECT agent_id, user_id, queue, hour, gpus * (extract(epoch FROM b - a) * 1000000)::bigint AS gpu_micros,
                round(cpu * extract(epoch FROM b) / 3600) - round(cpu * extract(epoch FROM a) / 3600)
                  + round(memory * extract(epoch FROM b) / 3600) - round(memory * extract(epoch FROM a) / 3600)
                  + round(gpu * extract(epoch FROM b) / 3600) - round(gpu * extract(epoch FROM a) / 3600) AS nanos
              FROM fresh
              CROSS JOIN LATERAL generate_series(date_trunc('hour', start_at, 'UTC'), to_at, interval '1 hour') AS h(hour)
              CROSS JOIN LATERAL (SELECT greatest(start_at, hour) AS a, least(to_at, hour + interval '1 hour') AS b) p
              WHERE to_at > start_at AND b > a
            ), periods AS (
              INSERT INTO spend_by_period AS s (scope, id, period, starts_at, spent_nanos, gpu_micros)
              SELECT c.scope, c.id, d.period, date_trunc(d.period, hour, 'UTC'), sum(nanos), sum(gpu_micros)
              FROM pieces
              CROSS JOIN LATERAL (VALUES ('agent', agent_id::text), ('user', user_id::text), ('queue', queue),
                ('everyone', '')) AS c(scope, id)
              CROSS JOIN (VALUES ('hour'), ('day'), ('month')) AS d(period)
              GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
              ON CONFLICT (scope, id, period, starts_at) DO UPDATE SET
                spent_nanos = s.spent_nanos + excluded.spent_nanos, gpu_micros = s.gpu_micros + excluded.gpu_micros
            ), days AS (
              INSERT INTO spend_by_day AS d (day, spent_nanos)
              SELECT (at AT TIME ZONE 'UTC')::date, sum(nanos) FROM entries GROUP BY 1
              ON CONFLICT (day) DO UPDATE SET spent_nanos = d.spent_nanos + excluded.spent_nanos
            )
            INSERT INTO spend AS s (scope, id, spent_nanos)
            SELECT scope, id, sum(nanos) FROM (
              SELECT 'job' AS scope, job_id::text AS id, nanos FROM entries
              UNION ALL SELECT 'agent', agent_id::text, nanos FROM entries
              UNION ALL SELECT 'user', user_id::text, nanos FROM entries) e
            GROUP BY scope, id ORDER BY scope, id
            ON CONFLICT (scope, id) DO UPDATE SET spent_nanos = s.spent_nanos + excluded.spent_nanos""";

    /** In one order, so that two never wait for each other. */
    private static final String LOCK_JOBS = """
            SELECT pg_advisory_xact_lock(k) FROM
              (SELECT DISTINCT hashtextextended(id::text, 7266127465729) AS k FROM unnest($1::uuid[]) AS id ORDER BY k) l""";

    private static final String JOB_TOTALS = "SELECT id, spent_nanos FROM spend WHERE scope = 'job' AND id = ANY($1)";
    private static final String SPEND = "SELECT spent_nanos FROM spend WHERE scope = $1 AND id = $2";
    private static final String BUDGETS = """
            SELECT s.scope, s.id, s.spent_nanos, coalesce(a.budget_nanos, q.budget_nanos) AS limit_nanos
            FROM spend s
            LEFT JOIN agents a ON s.scope = 'agent' AND a.id::text = s.id
            LEFT JOIN quotas q ON s.scope = 'user' AND q.user_id::text = s.id
            WHERE ((s.scope = 'agent' AND s.id = ANY($1)) OR (s.scope = 'user' AND s.id = ANY($2)))
              AND coalesce(a.budget_nanos, q.budget_nanos) IS NOT NULL""";
    private static final String EXHAUSTED = """
            SELECT 'agent' AS scope, a.id::text AS id FROM agents a LEFT JOIN spend s ON s.scope = 'agent' AND s.id = a.id::text
            WHERE a.budget_nanos IS NOT NULL AND a.deleted_at IS NULL AND coalesce(s.spent_nanos, 0) >= a.budget_nanos
            UNION ALL
            SELECT 'user', q.user_id::text FROM quotas q LEFT JOIN spend s ON s.scope = 'user' AND s.id = q.user_id::text
            WHERE q.budget_nanos IS NOT NULL AND coalesce(s.spent_nanos, 0) >= q.budget_nanos""";
    private static final String SUMMARY = """
            SELECT coalesce(sum(spent_nanos) FILTER (WHERE day = $1), 0)::bigint,
              coalesce(sum(spent_nanos) FILTER (WHERE day >= date_trunc('month', $1::date)), 0)::bigint,
              coalesce(sum(spent_nanos), 0)::bigint FROM spend_by_day""";

    /** A total limit and what of it is spent. */
    record BudgetState(String scope, String id, long spentNanos, long limitNanos) {}

    private final Database database;
    private final Prices prices;

    CostStore(Database database, Prices prices) {
        this.database = database;
        this.prices = prices;
    }

    /** Two servers may charge one job at once, when one takes it over: the later sees what the earlier charged. */
    Future<Charged> charge(List<UsageInterval> intervals) {
        UUID[] jobs = intervals.stream().map(UsageInterval::jobId).toArray(UUID[]::new);
        return database.inTransaction(tx -> tx.preparedQuery(LOCK_JOBS)
                .execute(Tuple.tuple().addArrayOfUUID(jobs))
                .compose(locked -> tx.preparedQuery(CHARGE).execute(columns(intervals)))
                .compose(done -> totals(tx, intervals)));
    }

    private Tuple columns(List<UsageInterval> list) {
        return Tuple.tuple()
                .addArrayOfUUID(list.stream().map(UsageInterval::jobId).toArray(UUID[]::new))
                .addArrayOfLong(list.stream().map(UsageInterval::agentId).toArray(Long[]::new))
                .addArrayOfUUID(list.stream().map(UsageInterval::userId).toArray(UUID[]::new))
                .addArrayOfOffsetDateTime(list.stream().map(UsageInterval::from).toArray(OffsetDateTime[]::new))
                .addArrayOfOffsetDateTime(list.stream().map(UsageInterval::to).toArray(OffsetDateTime[]::new))
                .addArrayOfLong(
                        list.stream().map(i -> prices.cpuRate(i.cpuMillis())).toArray(Long[]::new))
                .addArrayOfLong(list.stream()
                        .map(i -> prices.memoryRate(i.memoryBytes()))
                        .toArray(Long[]::new))
                .addArrayOfLong(list.stream().map(i -> prices.gpuRate(i.gpus())).toArray(Long[]::new))
                .addArrayOfString(list.stream().map(UsageInterval::queue).toArray(String[]::new))
                .addArrayOfInteger(list.stream().map(UsageInterval::gpus).toArray(Integer[]::new));
    }

    private static Future<Charged> totals(SqlConnection tx, List<UsageInterval> intervals) {
        String[] ids = intervals.stream().map(i -> i.jobId().toString()).toArray(String[]::new);
        return tx.preparedQuery(JOB_TOTALS)
                .execute(Tuple.tuple().addArrayOfString(ids))
                .map(rows -> {
                    var totals = new ArrayList<JobTotal>();
                    rows.forEach(row -> totals.add(new JobTotal(UUID.fromString(row.getString(0)), row.getLong(1))));
                    return new Charged(totals);
                });
    }

    Future<Long> spend(String scope, String id) {
        return database.pool()
                .preparedQuery(SPEND)
                .execute(Tuple.of(scope, id))
                .map(rows -> rows.size() == 0 ? 0L : rows.iterator().next().getLong(0));
    }

    /** Only those that have a limit. */
    Future<List<BudgetState>> budgets(List<String> agents, List<String> users) {
        return database.pool()
                .preparedQuery(BUDGETS)
                .execute(Tuple.tuple()
                        .addArrayOfString(agents.toArray(new String[0]))
                        .addArrayOfString(users.toArray(new String[0])))
                .map(rows -> {
                    var states = new ArrayList<BudgetState>();
                    rows.forEach(r ->
                            states.add(new BudgetState(r.getString(0), r.getString(1), r.getLong(2), r.getLong(3))));
                    return states;
                });
    }

    /** Total limits; those of periods are in {@link BudgetStore}. */
    Future<List<Limit>> exhausted() {
        return database.pool().preparedQuery(EXHAUSTED).execute().map(rows -> {
            var limits = new ArrayList<Limit>();
            rows.forEach(row -> limits.add(total(row.getString(0), row.getString(1))));
            return limits;
        });
    }

    /** Nothing new is taken, and what runs is stopped. */
    static Limit total(String scope, String id) {
        return new Limit(scope, id, null, false, true, true, null);
    }

    Future<SpendSummary> summary(LocalDate today) {
        return database.pool().preparedQuery(SUMMARY).execute(Tuple.of(today)).map(rows -> {
            Row row = rows.iterator().next();
            return new SpendSummary(row.getLong(0), row.getLong(1), row.getLong(2));
        });
    }
}
