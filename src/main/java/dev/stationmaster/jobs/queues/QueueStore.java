package dev.stationmaster.jobs.queues;

import dev.stationmaster.jobs.scheduler.QueueSpec;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** SQL of queues. */
public final class QueueStore {
    private static final String ALL = "SELECT * FROM queues ORDER BY name";
    private static final String BY_NAME = "SELECT * FROM queues WHERE name = $1";
    private static final String FOR_UPDATE = "SELECT * FROM queues WHERE name = $1 FOR UPDATE";
    private static final String INSERT = """
            INSERT INTO queues (name, description, cohort, weight, policy, state, nominal_quota, borrowing_limit,
              lending_limit, max_starts_per_minute, version, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11) ON CONFLICT DO NOTHING RETURNING *""";
    private static final String UPDATE = """
            UPDATE queues SET description = $2, cohort = $3, weight = $4, policy = $5, state = $6, nominal_quota = $7,
              borrowing_limit = $8, lending_limit = $9, max_starts_per_minute = $10, version = version + 1, updated_at = $11
            WHERE name = $1 RETURNING *""";
    private static final String DELETE = "DELETE FROM queues WHERE name = $1";
    private static final String UNFINISHED = "SELECT count(*) FROM jobs WHERE finished_at IS NULL AND queue = $1";
    private static final String LOAD = """
            SELECT queue, count(*) FILTER (WHERE state IN ('queued', 'retry_wait')) AS waiting,
              count(*) FILTER (WHERE state IN ('admitted', 'starting', 'running', 'preempting', 'cancelling')) AS running,
              coalesce(sum(cpu_millis * replicas_started) FILTER (WHERE state IN ('admitted', 'starting', 'running', 'preempting', 'cancelling')), 0)::bigint AS cpu,
              coalesce(sum(memory_bytes * replicas_started) FILTER (WHERE state IN ('admitted', 'starting', 'running', 'preempting', 'cancelling')), 0)::bigint AS memory,
              coalesce(sum(gpus * replicas_started) FILTER (WHERE state IN ('admitted', 'starting', 'running', 'preempting', 'cancelling')), 0)::bigint AS gpus,
              coalesce(sum(storage_bytes * replicas_started) FILTER (WHERE state IN ('admitted', 'starting', 'running', 'preempting', 'cancelling')), 0)::bigint AS storage
            FROM jobs WHERE finished_at IS NULL GROUP BY queue""";

    private final Database database;
    private final AuditTrail audit;

    public QueueStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    Future<List<JobQueueConfig>> all() {
        return database.pool().query(ALL).execute().map(QueueStore::map);
    }

    public Future<List<JobQueueConfig>> all(SqlConnection connection) {
        return connection.preparedQuery(ALL).execute().map(QueueStore::map);
    }

    public Future<Optional<JobQueueConfig>> find(String name) {
        return database.pool().preparedQuery(BY_NAME).execute(Tuple.of(name)).map(QueueStore::first);
    }

    /** What waits and runs in each queue that has anything. */
    Future<Map<String, QueueLoad>> load() {
        return database.pool().query(LOAD).execute().map(rows -> {
            Map<String, QueueLoad> loads = new LinkedHashMap<>();
            rows.forEach(r -> loads.put(
                    r.getString(0),
                    new QueueLoad(r.getLong(1), r.getLong(2), r.getLong(3), r.getLong(4), r.getLong(5), r.getLong(6))));
            return loads;
        });
    }

    /** Empty when the name is taken. */
    Future<Optional<JobQueueConfig>> insert(JobQueueConfig queue, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(INSERT)
                .execute(tuple(queue))
                .map(QueueStore::first)
                .compose(made -> made.isEmpty()
                        ? Future.succeededFuture(made)
                        : audit.append(tx, entry).map(made)));
    }

    /** A change of one queue while nobody else changes it. */
    interface Change {
        /** The queue as it shall be, or null to delete it; throws what is to be refused. */
        @Nullable
        JobQueueConfig of(JobQueueConfig now, long unfinishedJobs);
    }

    /** Empty when there is no such queue. */
    Future<Optional<JobQueueConfig>> change(
            String name,
            Change change,
            java.util.function.BiFunction<JobQueueConfig, @Nullable JobQueueConfig, AuditEntry> entry) {
        return database.inTransaction(tx -> tx.preparedQuery(FOR_UPDATE)
                .execute(Tuple.of(name))
                .map(QueueStore::first)
                .compose(found -> found.isEmpty()
                        ? Future.succeededFuture(found)
                        : unfinished(tx, name).compose(jobs -> {
                            JobQueueConfig now = found.get();
                            JobQueueConfig next = change.of(now, jobs);
                            return write(tx, name, next).compose(done -> audit.append(tx, entry.apply(now, next))
                                    .map(done));
                        })));
    }

    private static Future<Long> unfinished(SqlConnection tx, String name) {
        return tx.preparedQuery(UNFINISHED)
                .execute(Tuple.of(name))
                .map(rows -> rows.iterator().next().getLong(0));
    }

    private static Future<Optional<JobQueueConfig>> write(
            SqlConnection tx, String name, @Nullable JobQueueConfig next) {
        return next == null
                ? tx.preparedQuery(DELETE).execute(Tuple.of(name)).map(done -> Optional.empty())
                : tx.preparedQuery(UPDATE).execute(tuple(next)).map(QueueStore::first);
    }

    private static Tuple tuple(JobQueueConfig q) {
        return Tuple.tuple()
                .addString(q.name())
                .addString(q.description())
                .addString(q.cohort())
                .addDouble(q.weight())
                .addString(q.policy().name().toLowerCase(Locale.ROOT))
                .addString(q.state().name().toLowerCase(Locale.ROOT))
                .addJsonObject(LimitsJson.toRow(q.nominal()))
                .addJsonObject(LimitsJson.toRow(q.borrowing()))
                .addJsonObject(LimitsJson.toRow(q.lending()))
                .addInteger(q.maxStartsPerMinute())
                .addOffsetDateTime(q.updatedAt());
    }

    private static List<JobQueueConfig> map(RowSet<Row> rows) {
        var queues = new ArrayList<JobQueueConfig>(rows.size());
        rows.forEach(row -> queues.add(map(row)));
        return queues;
    }

    private static Optional<JobQueueConfig> first(RowSet<Row> rows) {
        return map(rows).stream().findFirst();
    }

    private static JobQueueConfig map(Row row) {
        return new JobQueueConfig(
                row.getString("name"),
                row.getString("description"),
                row.getString("cohort"),
                row.getDouble("weight"),
                QueueSpec.Policy.valueOf(row.getString("policy").toUpperCase(Locale.ROOT)),
                QueueSpec.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
                LimitsJson.fromRow((JsonObject) row.getJson("nominal_quota")),
                LimitsJson.fromRow((JsonObject) row.getJson("borrowing_limit")),
                LimitsJson.fromRow((JsonObject) row.getJson("lending_limit")),
                row.getInteger("max_starts_per_minute"),
                row.getLong("version"),
                row.getOffsetDateTime("created_at"),
                row.getOffsetDateTime("updated_at"));
    }
}
