package dev.stationmaster.accounts;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.UUID;

/** SQL of quotas. A missing row or column means the default. */
final class QuotaStore {
    private static final String FIND =
            "SELECT cpu_millis, memory_bytes, gpus, storage_bytes, budget_nanos FROM quotas WHERE user_id = $1";
    private static final String PUT = """
            INSERT INTO quotas (user_id, cpu_millis, memory_bytes, gpus, storage_bytes, budget_nanos, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (user_id) DO UPDATE SET cpu_millis = excluded.cpu_millis, memory_bytes = excluded.memory_bytes,
              gpus = excluded.gpus, storage_bytes = excluded.storage_bytes, budget_nanos = excluded.budget_nanos,
              updated_at = excluded.updated_at""";

    private final Database database;
    private final AuditTrail audit;

    QuotaStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    Future<Quota> find(UUID userId, Quota defaults) {
        return database.pool().preparedQuery(FIND).execute(Tuple.of(userId)).map(rows -> {
            if (rows.size() == 0) {
                return defaults;
            }
            Row row = rows.iterator().next();
            return new Quota(
                    or(row.getLong(0), defaults.cpuMillis()),
                    or(row.getLong(1), defaults.memoryBytes()),
                    (int) or(row.getLong(2), defaults.gpus()),
                    or(row.getLong(3), defaults.storageBytes()),
                    row.getLong(4));
        });
    }

    Future<Void> put(UUID userId, Quota quota, OffsetDateTime now, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(PUT)
                .execute(Tuple.of(
                                userId, quota.cpuMillis(), quota.memoryBytes(), quota.gpus(), quota.storageBytes())
                        .addLong(quota.budgetNanos())
                        .addOffsetDateTime(now))
                .compose(done -> audit.append(tx, entry)));
    }

    private static long or(@org.jspecify.annotations.Nullable Long value, long fallback) {
        return value == null ? fallback : value;
    }
}
