package dev.stationmaster.accounts;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** SQL of API tokens. */
final class ApiTokenStore {
    private static final String SELECT = """
            SELECT t.id, t.user_id, u.username, t.name, t.role, t.agent_id, t.prefix, t.created_at, t.expires_at,
              t.last_used_at, t.revoked_at, u.role AS user_role, u.disabled
            FROM api_tokens t JOIN users u ON u.id = t.user_id""";
    private static final String INSERT = """
            INSERT INTO api_tokens (id, user_id, name, role, agent_id, hash, prefix, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""";
    private static final String BY_HASH = SELECT + " WHERE t.hash = $1";
    private static final String BY_ID = SELECT + " WHERE t.id = $1";
    private static final String PAGE = SELECT
            + " WHERE ($1::uuid IS NULL OR t.user_id = $1) AND ($2::uuid IS NULL OR t.id < $2) ORDER BY t.id DESC LIMIT $3";
    private static final String REVOKE = "UPDATE api_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    private static final String USED = """
            UPDATE api_tokens t SET last_used_at = u.at FROM unnest($1::uuid[], $2::timestamptz[]) AS u(id, at)
            WHERE t.id = u.id AND (t.last_used_at IS NULL OR t.last_used_at < u.at)""";

    /** A token and whether its owner may still use it. */
    record Owned(ApiToken token, Role ownerRole, boolean ownerDisabled) {}

    private final Database database;
    private final AuditTrail audit;

    ApiTokenStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    Future<Void> insert(ApiToken token, byte[] hash, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(INSERT)
                .execute(Tuple.of(token.id(), token.userId(), token.name(), token.role().wireName())
                        .addLong(token.agentId())
                        .addBuffer(Buffer.buffer(hash))
                        .addString(token.prefix())
                        .addOffsetDateTime(token.createdAt())
                        .addOffsetDateTime(token.expiresAt()))
                .compose(done -> audit.append(tx, entry)));
    }

    Future<Optional<Owned>> byHash(byte[] hash) {
        return database.pool()
                .preparedQuery(BY_HASH)
                .execute(Tuple.of(Buffer.buffer(hash)))
                .map(rows -> rows.size() == 0 ? Optional.empty() : Optional.of(owned(rows.iterator().next())));
    }

    Future<Optional<ApiToken>> byId(UUID id) {
        return database.pool()
                .preparedQuery(BY_ID)
                .execute(Tuple.of(id))
                .map(rows -> rows.size() == 0
                        ? Optional.empty()
                        : Optional.of(owned(rows.iterator().next()).token()));
    }

    Future<List<ApiToken>> page(@Nullable UUID userId, @Nullable UUID before, int rows) {
        return database.pool()
                .preparedQuery(PAGE)
                .execute(Tuple.tuple().addUUID(userId).addUUID(before).addInteger(rows))
                .map(result -> {
                    var tokens = new ArrayList<ApiToken>();
                    result.forEach(row -> tokens.add(owned(row).token()));
                    return tokens;
                });
    }

    Future<Void> revoke(UUID id, OffsetDateTime now, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(REVOKE)
                .execute(Tuple.of(id, now))
                .compose(rows -> rows.rowCount() == 1 ? audit.append(tx, entry) : Future.succeededFuture()));
    }

    Future<Void> used(Map<UUID, OffsetDateTime> times) {
        UUID[] ids = times.keySet().toArray(new UUID[0]);
        OffsetDateTime[] at = times.values().toArray(new OffsetDateTime[0]);
        return database.pool()
                .preparedQuery(USED)
                .execute(Tuple.tuple().addArrayOfUUID(ids).addArrayOfOffsetDateTime(at))
                .mapEmpty();
    }

    private static Owned owned(Row row) {
        var token = new ApiToken(
                row.getUUID("id"),
                row.getUUID("user_id"),
                row.getString("username"),
                row.getString("name"),
                Role.of(row.getString("role")),
                row.getLong("agent_id"),
                row.getString("prefix"),
                row.getOffsetDateTime("created_at"),
                row.getOffsetDateTime("expires_at"),
                row.getOffsetDateTime("last_used_at"),
                row.getOffsetDateTime("revoked_at"));
        return new Owned(token, Role.of(row.getString("user_role")), row.getBoolean("disabled"));
    }
}
