package dev.stationmaster.accounts;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** SQL of sign-ins: families of refresh tokens, stored hashed. */
final class SessionStore {
    private static final String INSERT = """
            INSERT INTO refresh_tokens (hash, family, user_id, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5)""";
    private static final String LOCK =
            "SELECT family, user_id, expires_at, used_at, revoked_at FROM refresh_tokens WHERE hash = $1 FOR UPDATE";
    private static final String MARK_USED = "UPDATE refresh_tokens SET used_at = $2 WHERE hash = $1";
    private static final String REVOKE_FAMILY =
            "UPDATE refresh_tokens SET revoked_at = $2 WHERE family = $1 AND revoked_at IS NULL";
    private static final String REVOKED_SINCE =
            "SELECT DISTINCT family, revoked_at FROM refresh_tokens WHERE revoked_at > $1";
    private static final String PURGE = "DELETE FROM refresh_tokens WHERE expires_at < $1";

    /** A refresh token as found. */
    record Found(UUID family, UUID userId, OffsetDateTime expiresAt, boolean used, boolean revoked) {}

    private final Database database;
    private final AuditTrail audit;

    SessionStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    Future<Void> insert(byte[] hash, UUID family, UUID userId, OffsetDateTime now, OffsetDateTime expires, AuditEntry entry) {
        return database.inTransaction(tx -> insert(tx, hash, family, userId, now, expires).compose(done -> audit.append(tx, entry)));
    }

    private static Future<Void> insert(
            SqlConnection tx, byte[] hash, UUID family, UUID userId, OffsetDateTime now, OffsetDateTime expires) {
        return tx.preparedQuery(INSERT)
                .execute(Tuple.of(Buffer.buffer(hash), family, userId, now, expires))
                .mapEmpty();
    }

    /**
     * Trades one token for the next in one transaction. Returns what was found, before the change; the next token is
     * only stored when the old one was good. A used token ends its family.
     */
    Future<Optional<Found>> rotate(byte[] hash, byte[] nextHash, OffsetDateTime now, OffsetDateTime nextExpires) {
        return database.inTransaction(tx -> tx.preparedQuery(LOCK)
                .execute(Tuple.of(Buffer.buffer(hash)))
                .map(SessionStore::first)
                .compose(found -> {
                    if (found.isEmpty() || found.get().revoked()) {
                        return Future.succeededFuture(found);
                    }
                    Found token = found.get();
                    if (token.used()) {
                        return revoke(tx, token.family(), now)
                                .compose(n -> audit.append(
                                        tx,
                                        new AuditEntry(
                                                "system", "session.token_reused", "user/" + token.userId(), null, null, null)))
                                .map(found);
                    }
                    if (token.expiresAt().isBefore(now)) {
                        return Future.succeededFuture(found);
                    }
                    return tx.preparedQuery(MARK_USED)
                            .execute(Tuple.of(Buffer.buffer(hash), now))
                            .compose(done -> insert(tx, nextHash, token.family(), token.userId(), now, nextExpires))
                            .map(found);
                }));
    }

    Future<Void> end(UUID family, OffsetDateTime now, AuditEntry entry) {
        return database.inTransaction(tx -> revoke(tx, family, now).compose(n -> audit.append(tx, entry)));
    }

    private static Future<Integer> revoke(SqlConnection tx, UUID family, OffsetDateTime now) {
        return tx.preparedQuery(REVOKE_FAMILY).execute(Tuple.of(family, now)).map(rows -> rows.rowCount());
    }

    Future<List<AccountMessages.SessionEnded>> endedSince(OffsetDateTime since) {
        return database.pool().preparedQuery(REVOKED_SINCE).execute(Tuple.of(since)).map(rows -> {
            var ended = new ArrayList<AccountMessages.SessionEnded>();
            rows.forEach(r -> ended.add(new AccountMessages.SessionEnded(
                    r.getUUID(0), r.getOffsetDateTime(1).toInstant())));
            return ended;
        });
    }

    Future<Integer> purge(OffsetDateTime expiredBefore) {
        return database.pool().preparedQuery(PURGE).execute(Tuple.of(expiredBefore)).map(rows -> rows.rowCount());
    }

    private static Optional<Found> first(RowSet<Row> rows) {
        if (rows.size() == 0) {
            return Optional.empty();
        }
        Row row = rows.iterator().next();
        return Optional.of(new Found(
                row.getUUID(0),
                row.getUUID(1),
                row.getOffsetDateTime(2),
                row.getOffsetDateTime(3) != null,
                row.getOffsetDateTime(4) != null));
    }
}
