package dev.stationmaster.experiments;

import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Rows of the tables of experiments. */
final class ExperimentRows {
    private ExperimentRows() {}

    static <T> List<T> all(RowSet<Row> rows, Function<Row, T> map) {
        var list = new ArrayList<T>(rows.size());
        rows.forEach(row -> list.add(map.apply(row)));
        return list;
    }

    static Experiment experiment(Row row) {
        String outcome = row.getString("outcome");
        return new Experiment(
                row.getUUID("id"),
                row.getLong("seq"),
                row.getString("kind"),
                row.getString("name"),
                row.getString("description"),
                row.getUUID("owner_id"),
                row.getString("owner"),
                ExperimentState.of(row.getString("state")),
                outcome == null ? null : ExperimentState.of(outcome),
                row.getString("reason"),
                row.getString("message"),
                new Plan(row.getJsonObject("spec")),
                row.getInteger("max_concurrent"),
                row.getLong("budget_nanos"),
                row.getLong("cost_nanos"),
                row.getUUID("benchmark_id"),
                row.getLong("agent_id"),
                row.getString("agent_version"),
                row.getLong("version"),
                row.getOffsetDateTime("created_at"),
                row.getOffsetDateTime("updated_at"),
                row.getOffsetDateTime("finished_at"));
    }

    static Trial trial(Row row) {
        return new Trial(
                row.getUUID("experiment_id"),
                row.getInteger("trial"),
                row.getString("variant"),
                row.getLong("seed"),
                row.getLong("agent_id"),
                row.getString("agent_version"),
                row.getJsonObject("hyperparameters"),
                TrialState.of(row.getString("state")),
                row.getString("reason"),
                row.getString("message"),
                row.getUUID("job_id"),
                row.getBoolean("simulated"),
                row.getDouble("value"),
                row.getJsonObject("metrics"),
                row.getLong("steps"),
                row.getLong("cost_nanos"),
                row.getBoolean("checkpoints_deleted"),
                row.getOffsetDateTime("finished_at"));
    }
}
