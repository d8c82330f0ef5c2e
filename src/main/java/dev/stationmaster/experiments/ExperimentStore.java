package dev.stationmaster.experiments;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.db.IdempotencyStore;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** SQL of experiments. */
final class ExperimentStore {
    private static final String INSERT = """
            INSERT INTO experiments (id, kind, name, description, owner_id, owner, state, spec, max_concurrent,
              budget_nanos, benchmark_id, agent_id, agent_version, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, 'running', $7, $8, $9, $10, $11, $12, $13, $13)""";
    private static final String BY_ID = "SELECT * FROM experiments WHERE id = $1";
    private static final String PAGE = """
            SELECT * FROM experiments WHERE ($1::bigint IS NULL OR seq < $1) AND ($2::text IS NULL OR state = $2)
              AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR owner = $4)
            ORDER BY seq DESC LIMIT $5""";
    private static final String UNFINISHED = """
            SELECT * FROM experiments WHERE finished_at IS NULL AND seq > $1 ORDER BY seq LIMIT $2""";
    private static final String OF_BENCHMARK = """
            SELECT * FROM experiments WHERE benchmark_id = $1 AND ($2::bigint IS NULL OR agent_id = $2)
              AND ($3::bigint IS NULL OR seq < $3) ORDER BY seq DESC LIMIT $4""";
    private static final String STOP = """
            UPDATE experiments SET state = 'stopping', outcome = $3, reason = $4, message = $5, version = version + 1,
              updated_at = $6 WHERE id = $1 AND state = ANY($2) RETURNING *""";
    /** Never while a run is planned or goes on. */
    private static final String FINISH = """
            UPDATE experiments SET state = $3, reason = coalesce($4, CASE WHEN state = 'stopping' THEN reason END),
              message = coalesce($5, CASE WHEN state = 'stopping' THEN message END), version = version + 1,
              updated_at = $6, finished_at = $6
            WHERE id = $1 AND state = ANY($2) AND NOT EXISTS (SELECT 1 FROM experiment_trials t
              WHERE t.experiment_id = $1 AND t.state IN ('planned', 'submitted', 'stopping')) RETURNING *""";

    private static final String COST =
            "UPDATE experiments SET cost_nanos = $2, updated_at = $3 WHERE id = $1 AND cost_nanos <> $2";
    private static final String WAITS = """
            UPDATE experiments SET reason = $2, message = $3, updated_at = $4 WHERE id = $1 AND state = 'running'
              AND (reason IS DISTINCT FROM $2 OR message IS DISTINCT FROM $3)""";
    private static final String PATCH = """
            UPDATE experiments SET max_concurrent = $3, budget_nanos = $4, name = $5, description = $6,
              version = version + 1, updated_at = $7
            WHERE id = $1 AND version = $2 AND state = 'running' RETURNING *""";

    private final Database database;
    private final AuditTrail audit;
    private final IdempotencyStore idempotency = new IdempotencyStore();

    ExperimentStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    /** With its trials. Empty, or the id of the experiment that the same Idempotency-Key made before. */
    Future<Optional<String>> insert(
            Experiment e, List<Trial> trials, IdempotencyStore.@Nullable Key key, AuditEntry entry) {
        return database.inTransaction(tx -> (key == null
                        ? Future.succeededFuture(Optional.<String>empty())
                        : idempotency.claim(tx, key, e.id().toString(), e.createdAt()))
                .compose(earlier -> earlier.isPresent()
                        ? Future.succeededFuture(earlier)
                        : insert(tx, e)
                                .compose(done -> TrialStore.insert(tx, trials))
                                .compose(done -> audit.append(tx, entry))
                                .map(earlier)));
    }

    private static Future<?> insert(SqlConnection tx, Experiment e) {
        return tx.preparedQuery(INSERT)
                .execute(Tuple.of(e.id(), e.kind(), e.name())
                        .addString(e.description())
                        .addUUID(e.ownerId())
                        .addString(e.owner())
                        .addJsonObject(e.plan().json())
                        .addInteger(e.maxConcurrent())
                        .addLong(e.budgetNanos())
                        .addUUID(e.benchmarkId())
                        .addLong(e.agentId())
                        .addString(e.agentVersion())
                        .addOffsetDateTime(e.createdAt()));
    }

    Future<Optional<Experiment>> byId(UUID id) {
        return list(BY_ID, Tuple.of(id)).map(found -> found.stream().findFirst());
    }

    Future<List<Experiment>> page(
            @Nullable Long before, @Nullable String state, @Nullable String kind, @Nullable String owner, int rows) {
        return list(
                PAGE,
                Tuple.tuple()
                        .addLong(before)
                        .addString(state)
                        .addString(kind)
                        .addString(owner)
                        .addInteger(rows));
    }

    /** Oldest first, those after {@code seq}. */
    Future<List<Experiment>> unfinished(long seq, int rows) {
        return list(UNFINISHED, Tuple.of(seq, rows));
    }

    /** Newest first; a null agent means any. */
    Future<List<Experiment>> ofBenchmark(UUID benchmark, @Nullable Long agentId, @Nullable Long before, int rows) {
        return list(
                OF_BENCHMARK,
                Tuple.of(benchmark).addLong(agentId).addLong(before).addInteger(rows));
    }

    private Future<List<Experiment>> list(String sql, Tuple tuple) {
        return database.pool()
                .preparedQuery(sql)
                .execute(tuple)
                .map(rows -> ExperimentRows.all(rows, ExperimentRows::experiment));
    }

    /** Empty when it is past that state. */
    Future<Optional<Experiment>> stop(
            UUID id,
            ExperimentState outcome,
            String reason,
            String message,
            OffsetDateTime now,
            Function<Experiment, AuditEntry> entry) {
        return audited(
                STOP,
                Tuple.of(id)
                        .addArrayOfString(ExperimentState.STOPPING.sources())
                        .addString(outcome.wireName())
                        .addString(reason)
                        .addString(message)
                        .addOffsetDateTime(now),
                entry);
    }

    /** Empty when it may not end so. Null reason: what stopped it stays the reason. */
    Future<Optional<Experiment>> finish(
            UUID id,
            ExperimentState state,
            @Nullable String reason,
            @Nullable String message,
            OffsetDateTime now,
            Function<Experiment, AuditEntry> entry) {
        return audited(
                FINISH,
                Tuple.of(id)
                        .addArrayOfString(state.sources())
                        .addString(state.wireName())
                        .addString(reason)
                        .addString(message)
                        .addOffsetDateTime(now),
                entry);
    }

    /** Guarded by the version before and by the state. */
    Future<Optional<Experiment>> patch(Experiment changed, Function<Experiment, AuditEntry> entry) {
        return audited(
                PATCH,
                Tuple.of(changed.id(), changed.version(), changed.maxConcurrent())
                        .addLong(changed.budgetNanos())
                        .addString(changed.name())
                        .addString(changed.description())
                        .addOffsetDateTime(changed.updatedAt()),
                entry);
    }

    private Future<Optional<Experiment>> audited(String sql, Tuple tuple, Function<Experiment, AuditEntry> entry) {
        return database.inTransaction(tx -> tx.preparedQuery(sql)
                .execute(tuple)
                .map(rows -> ExperimentRows.all(rows, ExperimentRows::experiment))
                .compose(changed -> changed.isEmpty()
                        ? Future.succeededFuture(Optional.empty())
                        : audit.append(tx, entry.apply(changed.get(0))).map(done -> Optional.of(changed.get(0)))));
    }

    Future<?> setCost(UUID id, long nanos, OffsetDateTime now) {
        return database.pool().preparedQuery(COST).execute(Tuple.of(id, nanos, now));
    }

    /** What a running experiment waits for; null: nothing. */
    Future<?> waitsFor(UUID id, @Nullable String reason, @Nullable String message, OffsetDateTime now) {
        return database.pool()
                .preparedQuery(WAITS)
                .execute(Tuple.of(id).addString(reason).addString(message).addOffsetDateTime(now));
    }
}
