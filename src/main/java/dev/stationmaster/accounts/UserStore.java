package dev.stationmaster.accounts;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.db.IdempotencyStore;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
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

/** SQL of users. */
final class UserStore {
    private static final String COLUMNS =
            "id, username, password_hash, role, disabled, tokens_valid_from, version, created_at, updated_at";
    private static final String INSERT = "INSERT INTO users (" + COLUMNS + ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    private static final String BY_NAME = "SELECT " + COLUMNS + " FROM users WHERE username = $1 AND deleted_at IS NULL";
    private static final String BY_ID = "SELECT " + COLUMNS + " FROM users WHERE id = $1 AND deleted_at IS NULL";
    private static final String PAGE = "SELECT " + COLUMNS
            + " FROM users WHERE deleted_at IS NULL AND username > $1 ORDER BY username LIMIT $2";
    private static final String UPDATE = """
            UPDATE users SET password_hash = $2, role = $3, disabled = $4, tokens_valid_from = $5, updated_at = $6,
              version = version + 1 WHERE id = $1 AND version = $7 AND deleted_at IS NULL""";
    /** The name is freed for a new account; the row stays for history. */
    private static final String DELETE = """
            UPDATE users SET deleted_at = $2, disabled = true, tokens_valid_from = $2,
              username = username || '#' || id WHERE id = $1 AND deleted_at IS NULL""";
    private static final String LOCK_ADMINS =
            "SELECT id FROM users WHERE role = 'admin' AND NOT disabled AND deleted_at IS NULL FOR UPDATE";
    private static final String CHANGED_SINCE =
            "SELECT id, disabled, tokens_valid_from FROM users WHERE tokens_valid_from > $1 OR disabled";
    private static final String COUNT = "SELECT count(*) FROM users WHERE deleted_at IS NULL";

    private final Database database;
    private final AuditTrail audit;
    private final IdempotencyStore idempotency = new IdempotencyStore();

    UserStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    Future<Long> count() {
        return database.pool().query(COUNT).execute().map(rows -> rows.iterator().next().getLong(0));
    }

    /** Empty when created; else the id of the user that the same Idempotency-Key created before. */
    Future<Optional<String>> insert(User user, IdempotencyStore.@Nullable Key key, AuditEntry entry) {
        return database.inTransaction(tx -> {
                    Future<Optional<String>> claimed = key == null
                            ? Future.succeededFuture(Optional.empty())
                            : idempotency.claim(tx, key, user.id().toString(), user.createdAt());
                    return claimed.compose(earlier -> earlier.isPresent()
                            ? Future.succeededFuture(earlier)
                            : tx.preparedQuery(INSERT)
                                    .execute(Tuple.from(List.of(
                                            user.id(),
                                            user.username(),
                                            user.passwordHash(),
                                            user.role().wireName(),
                                            user.disabled(),
                                            user.tokensValidFrom(),
                                            user.version(),
                                            user.createdAt(),
                                            user.updatedAt())))
                                    .compose(done -> audit.append(tx, entry))
                                    .map(done -> Optional.<String>empty()));
                })
                .recover(error -> Future.failedFuture(
                        Database.isUniqueViolation(error)
                                ? new ApiException(ErrorCode.NAME_TAKEN, "There is a user " + user.username() + " already.")
                                : error));
    }

    Future<Optional<User>> byName(String username) {
        return database.pool().preparedQuery(BY_NAME).execute(Tuple.of(username)).map(UserStore::first);
    }

    Future<Optional<User>> byId(UUID id) {
        return database.pool().preparedQuery(BY_ID).execute(Tuple.of(id)).map(UserStore::first);
    }

    Future<List<User>> page(String afterName, int rows) {
        return database.pool().preparedQuery(PAGE).execute(Tuple.of(afterName, rows)).map(result -> {
            var users = new ArrayList<User>();
            result.forEach(row -> users.add(map(row)));
            return users;
        });
    }

    /** Guarded by the version that was read; refuses to take the last admin away. */
    Future<Void> update(User changed, long readVersion, boolean losesAdmin, AuditEntry entry) {
        return database.inTransaction(tx -> (losesAdmin ? keepOneAdmin(tx, changed.id()) : Future.<Void>succeededFuture())
                .compose(ok -> tx.preparedQuery(UPDATE)
                        .execute(Tuple.of(
                                changed.id(),
                                changed.passwordHash(),
                                changed.role().wireName(),
                                changed.disabled(),
                                changed.tokensValidFrom(),
                                changed.updatedAt())
                                .addLong(readVersion)))
                .compose(rows -> rows.rowCount() == 1
                        ? audit.append(tx, entry)
                        : Future.failedFuture(new ApiException(
                                ErrorCode.PRECONDITION_FAILED, "The user was changed meanwhile; read it again."))));
    }

    Future<Void> delete(UUID id, boolean losesAdmin, OffsetDateTime now, AuditEntry entry) {
        return database.inTransaction(tx -> (losesAdmin ? keepOneAdmin(tx, id) : Future.<Void>succeededFuture())
                .compose(ok -> tx.preparedQuery(DELETE).execute(Tuple.of(id, now)))
                .compose(rows -> rows.rowCount() == 1
                        ? audit.append(tx, entry)
                        : Future.failedFuture(ApiException.notFound("user", id))));
    }

    private static Future<Void> keepOneAdmin(io.vertx.sqlclient.SqlConnection tx, UUID leaving) {
        return tx.preparedQuery(LOCK_ADMINS).execute().compose(rows -> {
            for (Row row : rows) {
                if (!row.getUUID(0).equals(leaving)) {
                    return Future.succeededFuture();
                }
            }
            return Future.failedFuture(new ApiException(
                    ErrorCode.LAST_ADMIN, "This is the last administrator; make another one first."));
        });
    }

    /** For the revocation list of a starting server. */
    Future<List<AccountMessages.UserChanged>> changedSince(OffsetDateTime since) {
        return database.pool().preparedQuery(CHANGED_SINCE).execute(Tuple.of(since)).map(rows -> {
            var changes = new ArrayList<AccountMessages.UserChanged>();
            rows.forEach(r -> changes.add(new AccountMessages.UserChanged(
                    r.getUUID(0), r.getBoolean(1), r.getOffsetDateTime(2).toInstant())));
            return changes;
        });
    }

    private static Optional<User> first(RowSet<Row> rows) {
        return rows.size() == 0 ? Optional.empty() : Optional.of(map(rows.iterator().next()));
    }

    private static User map(Row row) {
        return new User(
                row.getUUID("id"),
                row.getString("username"),
                row.getString("password_hash"),
                Role.of(row.getString("role")),
                row.getBoolean("disabled"),
                row.getOffsetDateTime("tokens_valid_from"),
                row.getLong("version"),
                row.getOffsetDateTime("created_at"),
                row.getOffsetDateTime("updated_at"));
    }
}
