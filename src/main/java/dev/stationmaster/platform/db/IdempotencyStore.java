package dev.stationmaster.platform.db;

import dev.stationmaster.platform.security.Hash;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;

/**
 * Remembers which resource an {@code Idempotency-Key} created. Owns the table {@code idempotency_keys}. Used inside the
 * creating transaction: two calls with one key at once queue up on the row, and the second sees the first's resource.
 */
public final class IdempotencyStore {
    private static final String CLAIM = """
            INSERT INTO idempotency_keys (user_id, operation, key, request_hash, resource_id, created_at)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING""";
    private static final String FIND = """
            SELECT request_hash, resource_id FROM idempotency_keys WHERE user_id = $1 AND operation = $2 AND key = $3""";
    private static final String PURGE = "DELETE FROM idempotency_keys WHERE created_at < $1";

    /** One call with a key. */
    public record Key(UUID userId, String operation, String key, String requestHash) {
        public static Key of(UUID userId, String operation, String key, String body) {
            return new Key(userId, operation, key, HexFormat.of().formatHex(Hash.sha256(body)));
        }
    }

    /** Empty: the key is new and now stands for {@code resourceId}. Else the resource of the first call. */
    public Future<Optional<String>> claim(SqlConnection transaction, Key key, String resourceId, OffsetDateTime now) {
        return transaction
                .preparedQuery(CLAIM)
                .execute(Tuple.of(
                        key.userId(), key.operation(), key.key(), key.requestHash(), resourceId, now))
                .compose(inserted -> inserted.rowCount() == 1 ? Future.succeededFuture(Optional.empty()) : find(transaction, key));
    }

    /** The resource this key made, if it made one. Fails with IDEMPOTENCY_KEY_REUSED for another body. */
    public Future<Optional<String>> find(SqlConnection transaction, Key key) {
        return transaction
                .preparedQuery(FIND)
                .execute(Tuple.of(key.userId(), key.operation(), key.key()))
                .map(rows -> {
                    if (rows.size() == 0) {
                        return Optional.empty();
                    }
                    Row row = rows.iterator().next();
                    if (!row.getString(0).equals(key.requestHash())) {
                        throw new ApiException(
                                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                                "This Idempotency-Key was used with another body; take a new key for a new request.");
                    }
                    return Optional.of(row.getString(1));
                });
    }

    public Future<Integer> purge(SqlConnection connection, OffsetDateTime before) {
        return connection.preparedQuery(PURGE).execute(Tuple.of(before)).map(rows -> rows.rowCount());
    }
}
