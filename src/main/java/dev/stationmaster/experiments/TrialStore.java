package dev.stationmaster.experiments;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** SQL of the trials of experiments. Moves are guarded by {@link TrialState}: true means that this call made it. */
final class TrialStore {
    private static final String INSERT = """
            INSERT INTO experiment_trials (experiment_id, trial, variant, seed, agent_id, agent_version,
              hyperparameters, state)
            SELECT $1, a, b, c, d, e, f::jsonb, 'planned'
            FROM unnest($2::int[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[]) AS u(a, b, c, d, e, f)""";
    private static final String OF = "SELECT * FROM experiment_trials WHERE experiment_id = $1 ORDER BY trial";
    private static final String COUNTS = """
            SELECT experiment_id, state, count(*)::int FROM experiment_trials WHERE experiment_id = ANY($1) GROUP BY 1, 2""";
    /** Those that had all their steps come first, as in the results. */
    private static final String BEST = """
            SELECT DISTINCT ON (experiment_id) experiment_id, trial, variant, value
            FROM experiment_trials JOIN unnest($1::uuid[], $2::boolean[]) AS u(id, maximize) ON experiment_id = id
            WHERE value IS NOT NULL
            ORDER BY experiment_id, state <> 'succeeded', CASE WHEN maximize THEN -value ELSE value END, trial""";

    private static final String SUBMITTED = """
            UPDATE experiment_trials SET state = 'submitted', job_id = $4 WHERE experiment_id = $1 AND trial = $2
              AND state = ANY($3)""";
    private static final String STOPPING = """
            UPDATE experiment_trials SET state = 'stopping', reason = $4 WHERE experiment_id = $1 AND trial = $2
              AND state = ANY($3)""";
    private static final String SEEN = """
            UPDATE experiment_trials t SET cost_nanos = u.cost, simulated = u.simulated, steps = coalesce(u.steps, t.steps)
            FROM unnest($2::int[], $3::bigint[], $4::boolean[], $5::bigint[]) AS u(trial, cost, simulated, steps)
            WHERE t.experiment_id = $1 AND t.trial = u.trial""";
    private static final String END = """
            UPDATE experiment_trials SET state = $4, reason = $5, message = $6, value = $7, metrics = $8, finished_at = $9
            WHERE experiment_id = $1 AND trial = $2 AND state = ANY($3)""";
    private static final String CANCEL_PLANNED = """
            UPDATE experiment_trials SET state = 'cancelled', reason = 'experiment_stopped', finished_at = $2
            WHERE experiment_id = $1 AND state = 'planned'""";
    private static final String RUNGS =
            "SELECT trial, rung, value, promoted FROM experiment_rungs WHERE experiment_id = $1";
    private static final String ADD_RUNG = """
            INSERT INTO experiment_rungs (experiment_id, trial, rung, value, promoted) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING""";
    private static final String CLEARED = """
            UPDATE experiment_trials SET checkpoints_deleted = true
            WHERE experiment_id = $1 AND job_id = ANY($2) AND finished_at IS NOT NULL""";

    /** What a trial reported when it reached a rung. */
    record RungReport(int trial, int rung, double value, boolean promoted) {}

    private final Database database;
    private final AuditTrail audit;

    TrialStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    static Future<?> insert(SqlConnection tx, List<Trial> trials) {
        return tx.preparedQuery(INSERT)
                .execute(Tuple.of(trials.get(0).experimentId())
                        .addArrayOfInteger(trials.stream().map(Trial::number).toArray(Integer[]::new))
                        .addArrayOfString(trials.stream().map(Trial::variant).toArray(String[]::new))
                        .addArrayOfLong(trials.stream().map(Trial::seed).toArray(Long[]::new))
                        .addArrayOfLong(trials.stream().map(Trial::agentId).toArray(Long[]::new))
                        .addArrayOfString(
                                trials.stream().map(Trial::agentVersion).toArray(String[]::new))
                        .addArrayOfString(trials.stream()
                                .map(t -> t.hyperparameters().encode())
                                .toArray(String[]::new)));
    }

    Future<List<Trial>> of(UUID experiment) {
        return database.pool()
                .preparedQuery(OF)
                .execute(Tuple.of(experiment))
                .map(rows -> ExperimentRows.all(rows, ExperimentRows::trial));
    }

    /** How many trials are in which state, by experiment; states without any are left out. */
    Future<Map<UUID, JsonObject>> counts(List<UUID> experiments) {
        return database.pool()
                .preparedQuery(COUNTS)
                .execute(Tuple.tuple().addArrayOfUUID(experiments.toArray(new UUID[0])))
                .map(rows -> {
                    var counts = new HashMap<UUID, JsonObject>();
                    rows.forEach(row -> counts.computeIfAbsent(row.getUUID(0), id -> new JsonObject())
                            .put(row.getString(1), row.getInteger(2)));
                    return counts;
                });
    }

    /** The best trial of a sweep so far. */
    record Best(int trial, String variant, @Nullable Double value) {
        JsonObject toJson() {
            return new JsonObject().put("trial", trial).put("variant", variant).put("value", value);
        }
    }

    /** By experiment; those without any value are left out. */
    Future<Map<UUID, Best>> best(List<Experiment> sweeps) {
        return database.pool()
                .preparedQuery(BEST)
                .execute(Tuple.tuple()
                        .addArrayOfUUID(sweeps.stream().map(Experiment::id).toArray(UUID[]::new))
                        .addArrayOfBoolean(sweeps.stream()
                                .map(e -> e.plan().objective("").maximize())
                                .toArray(Boolean[]::new)))
                .map(rows -> {
                    var best = new HashMap<UUID, Best>();
                    rows.forEach(row ->
                            best.put(row.getUUID(0), new Best(row.getInteger(1), row.getString(2), row.getDouble(3))));
                    return best;
                });
    }

    Future<Boolean> submitted(Trial t, UUID job) {
        return moved(
                SUBMITTED,
                Tuple.of(t.experimentId(), t.number())
                        .addArrayOfString(TrialState.SUBMITTED.sources())
                        .addUUID(job));
    }

    Future<Boolean> stopping(Trial t, String reason) {
        return moved(
                STOPPING,
                Tuple.of(t.experimentId(), t.number())
                        .addArrayOfString(TrialState.STOPPING.sources())
                        .addString(reason));
    }

    /** Cost so far, whether simulated, and steps. */
    record Sight(
            int trial,
            long costNanos,
            boolean simulated,
            @Nullable Long steps) {}

    Future<?> seen(UUID experiment, List<Sight> sights) {
        return database.pool()
                .preparedQuery(SEEN)
                .execute(Tuple.of(experiment)
                        .addArrayOfInteger(sights.stream().map(Sight::trial).toArray(Integer[]::new))
                        .addArrayOfLong(sights.stream().map(Sight::costNanos).toArray(Long[]::new))
                        .addArrayOfBoolean(sights.stream().map(Sight::simulated).toArray(Boolean[]::new))
                        .addArrayOfLong(sights.stream().map(Sight::steps).toArray(Long[]::new)));
    }

    Future<Boolean> end(
            Trial t,
            TrialState state,
            @Nullable String reason,
            @Nullable String message,
            @Nullable Double value,
            JsonObject metrics,
            OffsetDateTime now) {
        return moved(
                END,
                Tuple.of(t.experimentId(), t.number())
                        .addArrayOfString(state.sources())
                        .addString(state.wireName())
                        .addString(reason)
                        .addString(message)
                        .addDouble(value)
                        .addJsonObject(metrics)
                        .addOffsetDateTime(now));
    }

    Future<?> cancelPlanned(UUID experiment, OffsetDateTime now) {
        return database.pool().preparedQuery(CANCEL_PLANNED).execute(Tuple.of(experiment, now));
    }

    Future<List<RungReport>> rungs(UUID experiment) {
        return database.pool()
                .preparedQuery(RUNGS)
                .execute(Tuple.of(experiment))
                .map(rows -> ExperimentRows.all(
                        rows,
                        row -> new RungReport(
                                row.getInteger(0), row.getInteger(1), row.getDouble(2), row.getBoolean(3))));
    }

    Future<Boolean> addRung(UUID experiment, RungReport r) {
        return moved(ADD_RUNG, Tuple.of(experiment, r.trial(), r.rung(), r.value(), r.promoted()));
    }

    Future<?> checkpointsDeleted(UUID experiment, List<UUID> jobs, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(CLEARED)
                .execute(Tuple.of(experiment).addArrayOfUUID(jobs.toArray(new UUID[0])))
                .compose(done -> audit.append(tx, entry)));
    }

    private Future<Boolean> moved(String sql, Tuple tuple) {
        return database.pool().preparedQuery(sql).execute(tuple).map(rows -> rows.rowCount() == 1);
    }
}
