package dev.stationmaster.accounts;

import dev.stationmaster.accounts.AccountMessages.OwnerLimits;
import dev.stationmaster.accounts.AccountMessages.QueueLimits;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** SQL of quotas. A missing row or column means the default. */
final class QuotaStore {
    private static final String FIND = "SELECT budget_nanos FROM quotas WHERE user_id = $1";
    private static final String OWNERS = """
            SELECT u.id, q.weight, q.cpu_millis, q.memory_bytes, q.gpus, q.storage_bytes, q.max_jobs
            FROM unnest($1::uuid[]) AS u(id) LEFT JOIN quotas q ON q.user_id = u.id""";
    private static final String IN_QUEUES = """
            SELECT user_id, queue, cpu_millis, memory_bytes, gpus, storage_bytes, max_jobs FROM queue_quotas
            WHERE user_id = ANY($1)""";
    private static final String PUT = """
            INSERT INTO quotas (user_id, cpu_millis, memory_bytes, gpus, storage_bytes, budget_nanos, updated_at, max_jobs,
              weight)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (user_id) DO UPDATE SET cpu_millis = excluded.cpu_millis, memory_bytes = excluded.memory_bytes,
              gpus = excluded.gpus, storage_bytes = excluded.storage_bytes, budget_nanos = excluded.budget_nanos,
              updated_at = excluded.updated_at, max_jobs = excluded.max_jobs, weight = excluded.weight""";
    private static final String CLEAR_QUEUES = "DELETE FROM queue_quotas WHERE user_id = $1";
    private static final String PUT_QUEUES = """
            INSERT INTO queue_quotas (user_id, queue, cpu_millis, memory_bytes, gpus, storage_bytes, max_jobs, updated_at)
            SELECT $1, u.*, $8
            FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) AS u""";

    /** SQLSTATE of a row that names one that is not there. */
    private static final String FOREIGN_KEY = "23503";

    /** A limit names a queue that is not there. */
    static final class UnknownQueueException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private final Database database;
    private final AuditTrail audit;

    QuotaStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    Future<Quota> find(UUID userId, Quota defaults) {
        var budget = database.pool().preparedQuery(FIND).execute(Tuple.of(userId));
        var limits = owners(List.of(userId), defaults);
        return Future.all(budget, limits).map(both -> {
            OwnerLimits l = limits.result().get(0);
            return new Quota(
                    or(l.cpuMillis(), defaults.cpuMillis()),
                    or(l.memoryBytes(), defaults.memoryBytes()),
                    (int) or(l.gpus(), defaults.gpus()),
                    or(l.storageBytes(), defaults.storageBytes()),
                    budget.result().size() == 0
                            ? defaults.budgetNanos()
                            : budget.result().iterator().next().getLong(0),
                    l.jobs(),
                    l.weight(),
                    l.queues());
        });
    }

    /** The limits of many users at once. */
    Future<List<OwnerLimits>> owners(List<UUID> ids, Quota defaults) {
        Tuple tuple = Tuple.tuple().addArrayOfUUID(ids.toArray(new UUID[0]));
        var limits = database.pool().preparedQuery(OWNERS).execute(tuple);
        var inQueues = database.pool().preparedQuery(IN_QUEUES).execute(tuple);
        return Future.all(limits, inQueues).map(both -> {
            Map<UUID, List<QueueLimits>> queues = new HashMap<>();
            inQueues.result().forEach(r -> queues.computeIfAbsent(r.getUUID(0), id -> new ArrayList<>())
                    .add(new QueueLimits(
                            r.getString(1), r.getLong(2), r.getLong(3), r.getLong(4), r.getLong(5), r.getLong(6))));
            var owners = new ArrayList<OwnerLimits>();
            limits.result()
                    .forEach(r -> owners.add(new OwnerLimits(
                            r.getUUID(0),
                            r.getDouble(1) == null ? 1 : r.getDouble(1),
                            or(r.getLong(2), defaults.cpuMillis()),
                            or(r.getLong(3), defaults.memoryBytes()),
                            or(r.getLong(4), defaults.gpus()),
                            or(r.getLong(5), defaults.storageBytes()),
                            r.getLong(6),
                            queues.getOrDefault(r.getUUID(0), List.of()))));
            return owners;
        });
    }

    /** Fails with {@link UnknownQueueException} when a queue is not there. */
    Future<Void> put(UUID userId, Quota quota, OffsetDateTime now, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(PUT)
                .execute(Tuple.of(userId, quota.cpuMillis(), quota.memoryBytes(), quota.gpus(), quota.storageBytes())
                        .addLong(quota.budgetNanos())
                        .addOffsetDateTime(now)
                        .addLong(quota.jobs())
                        .addDouble(quota.weight()))
                .compose(done -> tx.preparedQuery(CLEAR_QUEUES).execute(Tuple.of(userId)))
                .compose(done -> tx.preparedQuery(PUT_QUEUES).execute(columns(userId, quota.queues(), now)))
                .recover(error -> Future.failedFuture(
                        error instanceof PgException pg && FOREIGN_KEY.equals(pg.getSqlState())
                                ? new UnknownQueueException()
                                : error))
                .compose(done -> audit.append(tx, entry)));
    }

    private static Tuple columns(UUID userId, List<QueueLimits> queues, OffsetDateTime now) {
        return Tuple.of(userId)
                .addArrayOfString(queues.stream().map(QueueLimits::queue).toArray(String[]::new))
                .addArrayOfLong(queues.stream().map(QueueLimits::cpuMillis).toArray(Long[]::new))
                .addArrayOfLong(queues.stream().map(QueueLimits::memoryBytes).toArray(Long[]::new))
                .addArrayOfLong(queues.stream().map(QueueLimits::gpus).toArray(Long[]::new))
                .addArrayOfLong(queues.stream().map(QueueLimits::storageBytes).toArray(Long[]::new))
                .addArrayOfLong(queues.stream().map(QueueLimits::jobs).toArray(Long[]::new))
                .addOffsetDateTime(now);
    }

    private static long or(@org.jspecify.annotations.Nullable Long value, long fallback) {
        return value == null ? fallback : value;
    }
}
