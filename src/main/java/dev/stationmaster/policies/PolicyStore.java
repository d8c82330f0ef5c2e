package dev.stationmaster.policies;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.db.IdempotencyStore;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.policies.language.Target;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** SQL of policies. */
final class PolicyStore {
    /** Of all sources together: every submission is judged by all that are enabled. */
    static final int MAX_POLICIES = 200;

    private static final String BY_ID = "SELECT * FROM policies WHERE id = $1";
    private static final String ENABLED = "SELECT * FROM policies WHERE enabled ORDER BY name LIMIT " + MAX_POLICIES;
    private static final String FOR_FILES = "SELECT * FROM policies ORDER BY name FOR UPDATE";
    private static final String PAGE = "SELECT * FROM policies WHERE name > $1 ORDER BY name LIMIT $2";
    private static final String INSERT = """
            INSERT INTO policies (id, name, description, expression, message, mode, applies_to, enabled, source, file,
              version, created_by, created_at, updated_at)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $9::text IS NULL THEN 'api' ELSE 'file' END, $9, $10, $11,
              $12, $13 WHERE (SELECT count(*) FROM policies) <\s""" + MAX_POLICIES;
    private static final String UPDATE = """
            UPDATE policies SET name = $2, description = $3, expression = $4, message = $5, mode = $6, applies_to = $7,
              enabled = $8, source = CASE WHEN $9::text IS NULL THEN 'api' ELSE 'file' END, file = $9, version = $10,
              created_by = $11, created_at = $12, updated_at = $13 WHERE id = $1 AND version = $10 - 1""";
    private static final String DELETE = "DELETE FROM policies WHERE id = $1 AND version = $2";

    private final Database database;
    private final AuditTrail audit;
    private final IdempotencyStore idempotency = new IdempotencyStore();

    PolicyStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    Future<Optional<Policy>> byId(UUID id) {
        return database.pool().preparedQuery(BY_ID).execute(Tuple.of(id)).map(rows -> all(rows).stream()
                .findFirst());
    }

    Future<List<Policy>> page(String afterName, int rows) {
        return database.pool()
                .preparedQuery(PAGE)
                .execute(Tuple.of(afterName, rows))
                .map(PolicyStore::all);
    }

    Future<List<Policy>> enabled() {
        return database.pool().query(ENABLED).execute().map(PolicyStore::all);
    }

    /** Empty, or the id of the policy that the same Idempotency-Key made before. */
    Future<Optional<String>> insert(Policy policy, IdempotencyStore.@Nullable Key key, AuditEntry entry) {
        return database.inTransaction(tx -> (key == null
                                ? Future.succeededFuture(Optional.<String>empty())
                                : idempotency.claim(tx, key, policy.id().toString(), policy.createdAt()))
                        .compose(earlier -> earlier.isPresent()
                                ? Future.succeededFuture(earlier)
                                : write(tx, INSERT, policy)
                                        .compose(count ->
                                                count == 1 ? audit.append(tx, entry) : Future.failedFuture(tooMany()))
                                        .map(earlier)))
                .recover(error -> Future.failedFuture(
                        Database.isUniqueViolation(error)
                                ? new ApiException(
                                        ErrorCode.NAME_TAKEN, "There is a policy named " + policy.name() + " already.")
                                : error));
    }

    private static ApiException tooMany() {
        return new ApiException(
                ErrorCode.UNPROCESSABLE,
                "There are " + MAX_POLICIES + " policies already; join some of them or delete what is out of use.");
    }

    /** Guarded by the version before. */
    Future<Void> update(Policy changed, AuditEntry entry) {
        return database.inTransaction(tx -> write(tx, UPDATE, changed)
                .compose(count -> count == 1 ? audit.append(tx, entry) : Future.failedFuture(changedMeanwhile())));
    }

    Future<Void> delete(UUID id, long version, AuditEntry entry) {
        return database.inTransaction(tx -> delete(tx, id, version)
                .compose(count -> count == 1 ? audit.append(tx, entry) : Future.failedFuture(changedMeanwhile())));
    }

    static ApiException changedMeanwhile() {
        return new ApiException(ErrorCode.PRECONDITION_FAILED, "The policy was changed meanwhile; read it again.");
    }

    /** What is to be done so that the table says what the files say; {@code stored} is locked. */
    record FileChanges(List<Policy> inserts, List<Policy> updates, List<Policy> deletes, List<AuditEntry> entries) {}

    /** All in one transaction. Returns how many policies changed. */
    Future<Integer> sync(Function<List<Policy>, FileChanges> decide) {
        return database.inTransaction(tx -> tx.query(FOR_FILES)
                .execute()
                .map(PolicyStore::all)
                .map(decide)
                .compose(changes -> {
                    Future<Integer> done = Future.succeededFuture(0);
                    for (Policy gone : changes.deletes()) {
                        done = done.compose(
                                n -> delete(tx, gone.id(), gone.version()).map(one -> n + one));
                    }
                    for (Policy changed : changes.updates()) {
                        done = done.compose(n -> write(tx, UPDATE, changed).map(one -> n + one));
                    }
                    for (Policy made : changes.inserts()) {
                        done = done.compose(n -> write(tx, INSERT, made)
                                .compose(one ->
                                        one == 1 ? Future.succeededFuture(n + 1) : Future.failedFuture(tooMany())));
                    }
                    return done.compose(n -> audit.append(tx, changes.entries()).map(n));
                }));
    }

    private static Future<Integer> delete(SqlConnection tx, UUID id, long version) {
        return tx.preparedQuery(DELETE).execute(Tuple.of(id, version)).map(rows -> rows.rowCount());
    }

    private static Future<Integer> write(SqlConnection tx, String sql, Policy p) {
        PolicyDraft d = p.draft();
        return tx.preparedQuery(sql)
                .execute(Tuple.of(p.id(), d.name())
                        .addString(d.description())
                        .addString(d.expression())
                        .addString(d.message())
                        .addString(d.mode().wireName())
                        .addArrayOfString(
                                d.appliesTo().stream().map(Target::wireName).toArray(String[]::new))
                        .addBoolean(d.enabled())
                        .addString(p.file())
                        .addLong(p.version())
                        .addString(p.createdBy())
                        .addOffsetDateTime(p.createdAt())
                        .addOffsetDateTime(p.updatedAt()))
                .map(rows -> rows.rowCount());
    }

    private static List<Policy> all(RowSet<Row> rows) {
        var policies = new ArrayList<Policy>(rows.size());
        rows.forEach(row -> policies.add(map(row)));
        return policies;
    }

    private static Policy map(Row row) {
        var draft = new PolicyDraft(
                row.getString("name"),
                row.getString("description"),
                row.getString("expression"),
                row.getString("message"),
                Mode.of(row.getString("mode")),
                Arrays.stream(row.getArrayOfStrings("applies_to"))
                        .map(Target::of)
                        .toList(),
                row.getBoolean("enabled"));
        return new Policy(
                row.getUUID("id"),
                draft,
                row.getString("file"),
                row.getLong("version"),
                row.getString("created_by"),
                row.getOffsetDateTime("created_at"),
                row.getOffsetDateTime("updated_at"));
    }
}
