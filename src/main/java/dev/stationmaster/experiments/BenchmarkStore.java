package dev.stationmaster.experiments;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.db.IdempotencyStore;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** SQL of benchmarks. */
final class BenchmarkStore {
    private static final String INSERT = """
            INSERT INTO benchmarks (id, name, description, owner_id, owner, spec, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)""";
    private static final String BY_ID = "SELECT * FROM benchmarks WHERE id = $1";
    private static final String PAGE =
            "SELECT * FROM benchmarks WHERE ($1::bigint IS NULL OR seq < $1) ORDER BY seq DESC LIMIT $2";
    /** The latest whole result of each version of each agent; a later run replaces an earlier one. */
    private static final String LATEST = """
            SELECT * FROM (SELECT DISTINCT ON (agent_id, agent_version) * FROM experiments
              WHERE benchmark_id = $1 AND state = 'succeeded' AND ($2::bigint IS NULL OR agent_id = $2)
              ORDER BY agent_id, agent_version, seq DESC) latest ORDER BY seq DESC LIMIT $3""";

    private static final String FIRST_SEEN = """
            SELECT agent_version, min(seq) FROM experiments WHERE benchmark_id = $1 AND agent_id = $2
            GROUP BY agent_version""";

    private final Database database;
    private final AuditTrail audit;
    private final IdempotencyStore idempotency = new IdempotencyStore();

    BenchmarkStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    /** Empty, or the id of the benchmark that the same Idempotency-Key made before. */
    Future<Optional<String>> insert(Benchmark b, IdempotencyStore.@Nullable Key key, AuditEntry entry) {
        return database.inTransaction(tx -> (key == null
                                ? Future.succeededFuture(Optional.<String>empty())
                                : idempotency.claim(tx, key, b.id().toString(), b.createdAt()))
                        .compose(earlier -> earlier.isPresent()
                                ? Future.succeededFuture(earlier)
                                : tx.preparedQuery(INSERT)
                                        .execute(Tuple.of(b.id(), b.name())
                                                .addString(b.description())
                                                .addUUID(b.ownerId())
                                                .addString(b.owner())
                                                .addJsonObject(b.plan().json())
                                                .addOffsetDateTime(b.createdAt()))
                                        .compose(done -> audit.append(tx, entry))
                                        .map(earlier)))
                .recover(error -> Future.failedFuture(
                        Database.isUniqueViolation(error)
                                ? new ApiException(
                                        ErrorCode.NAME_TAKEN, "There is a benchmark named " + b.name() + " already.")
                                : error));
    }

    Future<Optional<Benchmark>> byId(UUID id) {
        return list(BY_ID, Tuple.of(id)).map(found -> found.stream().findFirst());
    }

    Future<List<Benchmark>> page(@Nullable Long before, int rows) {
        return list(PAGE, Tuple.tuple().addLong(before).addInteger(rows));
    }

    private Future<List<Benchmark>> list(String sql, Tuple tuple) {
        return database.pool()
                .preparedQuery(sql)
                .execute(tuple)
                .map(rows -> ExperimentRows.all(rows, BenchmarkStore::map));
    }

    /** Newest first; a null agent means any. */
    Future<List<Experiment>> latest(UUID benchmark, @Nullable Long agentId, int rows) {
        return database.pool()
                .preparedQuery(LATEST)
                .execute(Tuple.of(benchmark).addLong(agentId).addInteger(rows))
                .map(found -> ExperimentRows.all(found, ExperimentRows::experiment));
    }

    /** When each version of the agent ran the suite first, as a rising number. */
    Future<java.util.Map<String, Long>> firstSeen(UUID benchmark, long agentId) {
        return database.pool()
                .preparedQuery(FIRST_SEEN)
                .execute(Tuple.of(benchmark, agentId))
                .map(rows -> {
                    var seen = new java.util.HashMap<String, Long>();
                    rows.forEach(row -> seen.put(row.getString(0), row.getLong(1)));
                    return seen;
                });
    }

    private static Benchmark map(Row row) {
        return new Benchmark(
                row.getUUID("id"),
                row.getLong("seq"),
                row.getString("name"),
                row.getString("description"),
                row.getUUID("owner_id"),
                row.getString("owner"),
                new Plan(row.getJsonObject("spec")),
                row.getOffsetDateTime("created_at"));
    }
}
