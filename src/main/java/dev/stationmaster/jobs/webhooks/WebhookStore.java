package dev.stationmaster.jobs.webhooks;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** SQL of webhooks; sees only sealed secrets. */
final class WebhookStore {
    private static final String PAGE = """
            SELECT * FROM webhooks WHERE ($1::uuid IS NULL OR id > $1) AND ($2::uuid IS NULL OR owner_id = $2)
            ORDER BY id LIMIT $3""";
    private static final String BY_ID = "SELECT * FROM webhooks WHERE id = $1";
    private static final String ENABLED = "SELECT * FROM webhooks WHERE enabled";
    private static final String COUNTS = "SELECT count(*) FILTER (WHERE owner_id = $1), count(*) FROM webhooks";
    private static final String LOCK_CURSOR = "SELECT 1 FROM webhook_cursor FOR UPDATE";
    /** Where nobody listened before: events of that time are nobody's. */
    private static final String BEGIN = """
            UPDATE webhook_cursor SET tx = txid_snapshot_xmin(txid_current_snapshot()), seq = 0, at = $1
            WHERE NOT EXISTS (SELECT 1 FROM webhooks WHERE enabled)""";

    private static final String INSERT = """
            INSERT INTO webhooks (id, name, url, owner_id, owner, events, queue, agent_id, job_owner, sealed_secret, enabled,
              since_tx, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, true, txid_current(), $11, $11)
            ON CONFLICT (owner_id, name) DO NOTHING RETURNING *""";
    private static final String UPDATE = """
            UPDATE webhooks SET name = $2, url = $3, events = $4, queue = $5, agent_id = $6, job_owner = $7, enabled = $8,
              disabled_reason = CASE WHEN NOT $8 THEN disabled_reason END,
              failing_since = CASE WHEN enabled OR NOT $8 THEN failing_since END,
              since_tx = CASE WHEN $8 AND NOT enabled THEN txid_current() ELSE since_tx END,
              updated_at = $9, version = version + 1
            WHERE id = $1 AND version = $10 RETURNING *""";
    private static final String ROTATE = """
            UPDATE webhooks SET sealed_previous = sealed_secret, previous_until = $3, sealed_secret = $2, updated_at = $4,
              version = version + 1 WHERE id = $1 RETURNING *""";
    private static final String DISABLE = """
            UPDATE webhooks SET enabled = false, disabled_reason = $2, updated_at = $3, version = version + 1
            WHERE id = $1 AND enabled RETURNING *""";
    private static final String DELETE = "DELETE FROM webhooks WHERE id = $1 RETURNING *";

    private final Database database;
    private final AuditTrail audit;

    WebhookStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    /** @param owner null: of all */
    Future<List<Webhook>> page(@Nullable UUID after, @Nullable UUID owner, int rows) {
        return list(PAGE, Tuple.tuple().addUUID(after).addUUID(owner).addInteger(rows));
    }

    Future<Optional<Webhook>> find(UUID id) {
        return list(BY_ID, Tuple.of(id)).map(found -> found.stream().findFirst());
    }

    Future<List<Webhook>> enabled() {
        return list(ENABLED, Tuple.tuple());
    }

    /** How many there are of an owner, and in all. */
    record Counts(long ofOwner, long all) {}

    Future<Counts> count(UUID owner) {
        return database.pool().preparedQuery(COUNTS).execute(Tuple.of(owner)).map(rows -> {
            Row row = rows.iterator().next();
            return new Counts(row.getLong(0), row.getLong(1));
        });
    }

    /** Empty when the owner has one of that name. */
    Future<Optional<Webhook>> insert(Webhook w, byte[] sealedSecret, AuditEntry entry) {
        Tuple tuple = Tuple.of(w.id(), w.name(), w.url(), w.ownerId(), w.owner())
                .addArrayOfString(w.events().toArray(new String[0]))
                .addString(w.queue())
                .addLong(w.agentId())
                .addString(w.jobOwner())
                .addBuffer(Buffer.buffer(sealedSecret))
                .addOffsetDateTime(w.createdAt());
        return database.inTransaction(
                tx -> begin(tx, w.createdAt()).compose(begun -> written(tx, INSERT, tuple, entry)));
    }

    private static Future<Void> begin(SqlConnection tx, OffsetDateTime now) {
        return tx.preparedQuery(LOCK_CURSOR)
                .execute()
                .compose(locked -> tx.preparedQuery(BEGIN).execute(Tuple.of(now)))
                .mapEmpty();
    }

    /** Empty when it was changed meanwhile. */
    Future<Optional<Webhook>> update(Webhook w, AuditEntry entry) {
        Tuple tuple = Tuple.of(w.id(), w.name(), w.url())
                .addArrayOfString(w.events().toArray(new String[0]))
                .addString(w.queue())
                .addLong(w.agentId())
                .addString(w.jobOwner())
                .addBoolean(w.enabled())
                .addOffsetDateTime(w.updatedAt())
                .addLong(w.version());
        return database.inTransaction(
                tx -> begin(tx, w.updatedAt()).compose(begun -> written(tx, UPDATE, tuple, entry)));
    }

    Future<Optional<Webhook>> rotate(
            UUID id, byte[] sealedSecret, OffsetDateTime previousUntil, OffsetDateTime now, AuditEntry entry) {
        Tuple tuple = Tuple.of(id, Buffer.buffer(sealedSecret), previousUntil, now);
        return database.inTransaction(tx -> written(tx, ROTATE, tuple, entry));
    }

    /** Empty when it is switched off already. */
    Future<Optional<Webhook>> disable(UUID id, String reason, OffsetDateTime now, AuditEntry entry) {
        return database.inTransaction(tx -> written(tx, DISABLE, Tuple.of(id, reason, now), entry));
    }

    Future<Optional<Webhook>> delete(UUID id, AuditEntry entry) {
        return database.inTransaction(tx -> written(tx, DELETE, Tuple.of(id), entry));
    }

    private Future<Optional<Webhook>> written(SqlConnection tx, String sql, Tuple tuple, AuditEntry entry) {
        return tx.preparedQuery(sql)
                .execute(tuple)
                .compose(rows -> rows.size() == 0
                        ? Future.succeededFuture(Optional.empty())
                        : audit.append(tx, entry)
                                .map(Optional.of(map(rows.iterator().next()))));
    }

    private Future<List<Webhook>> list(String sql, Tuple tuple) {
        return database.pool().preparedQuery(sql).execute(tuple).map(rows -> {
            var webhooks = new ArrayList<Webhook>(rows.size());
            rows.forEach(row -> webhooks.add(map(row)));
            return webhooks;
        });
    }

    private static Webhook map(Row row) {
        return new Webhook(
                row.getUUID("id"),
                row.getString("name"),
                row.getString("url"),
                row.getUUID("owner_id"),
                row.getString("owner"),
                Arrays.asList(row.getArrayOfStrings("events")),
                row.getString("queue"),
                row.getLong("agent_id"),
                row.getString("job_owner"),
                row.getBoolean("enabled"),
                row.getString("disabled_reason"),
                row.getOffsetDateTime("failing_since"),
                row.getLong("version"),
                row.getOffsetDateTime("created_at"),
                row.getOffsetDateTime("updated_at"));
    }
}
