package dev.stationmaster.costs;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** SQL of budgets by period. What is spent is what the present period has; {@code now} says which that is. */
final class BudgetStore {
    private static final String SELECT = """
            SELECT b.*, coalesce(u.username, a.name, nullif(CASE WHEN b.scope = 'queue' THEN b.scope_id END, '')) AS scope_name,
              coalesce(CASE b.unit WHEN 'currency' THEN p.spent_nanos ELSE p.gpu_micros END, 0) AS spent
            FROM budgets b
            LEFT JOIN spend_by_period p ON p.scope = b.scope AND p.id = b.scope_id AND p.period = b.period
              AND p.starts_at = date_trunc(b.period, $1::timestamptz, 'UTC')
            LEFT JOIN users u ON b.scope = 'user' AND u.id::text = b.scope_id
            LEFT JOIN agents a ON b.scope = 'agent' AND a.id::text = b.scope_id
            """;
    private static final String CONCERNS_OWNER = """
            ($2::uuid IS NULL OR b.scope IN ('everyone', 'queue') OR (b.scope = 'user' AND b.scope_id = $2::text)
              OR (b.scope = 'agent' AND a.owner_id = $2))""";
    private static final String PAGE =
            SELECT + "WHERE ($3::uuid IS NULL OR b.id > $3) AND " + CONCERNS_OWNER + " ORDER BY b.id LIMIT $4";
    private static final String BY_ID = SELECT + "WHERE b.id = $3 AND " + CONCERNS_OWNER;
    private static final String CONCERNED = SELECT + """
            WHERE b.scope = 'everyone' OR (b.scope = 'agent' AND b.scope_id = ANY($2))
              OR (b.scope = 'user' AND b.scope_id = ANY($3)) OR (b.scope = 'queue' AND b.scope_id = ANY($4))""";
    private static final String EXHAUSTED = SELECT + """
            WHERE coalesce(CASE b.unit WHEN 'currency' THEN p.spent_nanos ELSE p.gpu_micros END, 0) >= b.limit_units""";
    private static final String RESOLVE = """
            SELECT CASE $1 WHEN 'user' THEN (SELECT id::text FROM users WHERE (username = $2 OR id::text = $2) AND deleted_at IS NULL)
              WHEN 'agent' THEN (SELECT id::text FROM agents WHERE id::text = $2 AND deleted_at IS NULL)
              WHEN 'queue' THEN (SELECT name FROM queues WHERE name = $2) END""";
    private static final String INSERT = """
            INSERT INTO budgets (id, name, scope, scope_id, period, unit, limit_units, on_exhaust, created_at, updated_at)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $9 WHERE (SELECT count(*) FROM budgets) < $10""";
    /** Another limit is warned of anew. */
    private static final String UPDATE = """
            UPDATE budgets SET name = $2, limit_units = $3, on_exhaust = $4, updated_at = $5, version = version + 1,
              warned_for = CASE WHEN limit_units = $3 THEN warned_for END
            WHERE id = $1 AND version = $6""";

    private static final String DELETE = "DELETE FROM budgets WHERE id = $1";
    private static final String WARN =
            "UPDATE budgets SET warned_for = $2 WHERE id = $1 AND limit_units = $3 AND warned_for IS DISTINCT FROM $2";
    private static final String FORGET = """
            DELETE FROM spend_by_period WHERE (period = 'hour' AND starts_at < $1::timestamptz - interval '7 days')
              OR (period = 'day' AND starts_at < $1::timestamptz - interval '62 days')
              OR (period = 'month' AND starts_at < $1::timestamptz - interval '1830 days')""";

    private final Database database;
    private final AuditTrail audit;

    BudgetStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    /** @param concerning only those that concern this user; null: all */
    Future<List<Budget>> page(OffsetDateTime now, @Nullable UUID concerning, @Nullable UUID after, int rows) {
        return list(
                PAGE,
                Tuple.tuple()
                        .addOffsetDateTime(now)
                        .addUUID(concerning)
                        .addUUID(after)
                        .addInteger(rows));
    }

    Future<Optional<Budget>> find(OffsetDateTime now, @Nullable UUID concerning, UUID id) {
        return list(
                        BY_ID,
                        Tuple.tuple().addOffsetDateTime(now).addUUID(concerning).addUUID(id))
                .map(found -> found.stream().findFirst());
    }

    /** The budgets that use by these agents, users and queues counts against. */
    Future<List<Budget>> concerned(OffsetDateTime now, List<String> agents, List<String> users, List<String> queues) {
        return list(
                CONCERNED,
                Tuple.tuple()
                        .addOffsetDateTime(now)
                        .addArrayOfString(agents.toArray(new String[0]))
                        .addArrayOfString(users.toArray(new String[0]))
                        .addArrayOfString(queues.toArray(new String[0])));
    }

    Future<List<Budget>> exhausted(OffsetDateTime now) {
        return list(EXHAUSTED, Tuple.of(now));
    }

    /** The id as stored of what people call so; empty when there is no such thing. */
    Future<Optional<String>> resolve(String scope, String name) {
        return database.pool()
                .preparedQuery(RESOLVE)
                .execute(Tuple.of(scope, name))
                .map(rows -> Optional.ofNullable(rows.iterator().next().getString(0)));
    }

    /** False when there are {@code most} already; fails with a unique violation when the name is taken. */
    Future<Boolean> insert(Budget b, int most, AuditEntry entry) {
        Tuple tuple = Tuple.of(
                        b.id(),
                        b.name(),
                        b.scope(),
                        b.scopeId(),
                        b.period().wireName(),
                        b.unit().wireName())
                .addLong(b.limit())
                .addString(b.onExhaust().wireName())
                .addOffsetDateTime(b.createdAt())
                .addInteger(most);
        return written(INSERT, tuple, entry);
    }

    /** False when it was changed meanwhile. */
    Future<Boolean> update(Budget b, AuditEntry entry) {
        return written(
                UPDATE,
                Tuple.of(b.id(), b.name(), b.limit(), b.onExhaust().wireName(), b.updatedAt(), b.version()),
                entry);
    }

    /** False when it is gone. */
    Future<Boolean> delete(UUID id, AuditEntry entry) {
        return written(DELETE, Tuple.of(id), entry);
    }

    private Future<Boolean> written(String sql, Tuple tuple, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(sql)
                .execute(tuple)
                .compose(done -> done.rowCount() == 0
                        ? Future.succeededFuture(false)
                        : audit.append(tx, entry).map(true)));
    }

    /** True for the one who says it first in that period, of all servers. */
    Future<Boolean> markWarned(Budget b, OffsetDateTime period) {
        return database.pool()
                .preparedQuery(WARN)
                .execute(Tuple.of(b.id(), period, b.limit()))
                .map(done -> done.rowCount() == 1);
    }

    /** Deletes what no budget looks at any more. */
    Future<Integer> forget(OffsetDateTime now) {
        return database.pool().preparedQuery(FORGET).execute(Tuple.of(now)).map(RowSet::rowCount);
    }

    private Future<List<Budget>> list(String sql, Tuple tuple) {
        return database.pool().preparedQuery(sql).execute(tuple).map(rows -> {
            var budgets = new ArrayList<Budget>(rows.size());
            rows.forEach(row -> budgets.add(map(row)));
            return budgets;
        });
    }

    private static Budget map(Row row) {
        return new Budget(
                row.getUUID("id"),
                row.getString("name"),
                row.getString("scope"),
                row.getString("scope_id"),
                row.getString("scope_name"),
                BudgetPeriod.of(row.getString("period")),
                BudgetUnit.of(row.getString("unit")),
                row.getLong("limit_units"),
                OnExhaust.of(row.getString("on_exhaust")),
                row.getLong("spent"),
                row.getOffsetDateTime("warned_for"),
                row.getLong("version"),
                row.getOffsetDateTime("created_at"),
                row.getOffsetDateTime("updated_at"));
    }
}
