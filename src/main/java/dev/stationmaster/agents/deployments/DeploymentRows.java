package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Rows of the tables of deployments. */
final class DeploymentRows {
    private DeploymentRows() {}

    static <T> List<T> all(RowSet<Row> rows, Function<Row, T> map) {
        var list = new ArrayList<T>(rows.size());
        rows.forEach(row -> list.add(map.apply(row)));
        return list;
    }

    static Deployment deployment(Row row) {
        return new Deployment(
                row.getLong("agent_id"),
                row.getUUID("owner_id"),
                row.getString("owner"),
                DeploymentState.of(row.getString("state")),
                row.getInteger("revision"),
                row.getInteger("replicas"),
                row.getLong("restarts"),
                row.getLong("version"),
                row.getOffsetDateTime("created_at"),
                row.getOffsetDateTime("updated_at"));
    }

    static Revision revision(Row row) {
        return new Revision(
                row.getLong("agent_id"),
                row.getInteger("revision"),
                row.getInteger("template"),
                row.getString("agent_version"),
                new DeploymentSpec(row.getJsonObject("spec")),
                RolloutState.of(row.getString("state")),
                row.getBoolean("proven"),
                row.getString("reason"),
                row.getString("message"),
                row.getInteger("rollback_to"),
                row.getString("created_by"),
                row.getOffsetDateTime("created_at"),
                row.getOffsetDateTime("progress_at"),
                row.getOffsetDateTime("ended_at"));
    }

    static Replica replica(Row row) {
        return new Replica(
                row.getUUID("id"),
                row.getLong("agent_id"),
                row.getInteger("template"),
                ReplicaState.of(row.getString("state")),
                row.getString("message"),
                row.getInteger("incarnation"),
                row.getUUID("job_id"),
                row.getInteger("failures"),
                row.getInteger("restarts"),
                row.getOffsetDateTime("start_at"),
                row.getOffsetDateTime("healthy_since"),
                row.getOffsetDateTime("created_at"));
    }

    /** As in the API. */
    static JsonObject event(Row row) {
        return new JsonObject()
                .put("seq", row.getLong("seq"))
                .put("at", Times.iso(row.getOffsetDateTime("at")))
                .put("kind", row.getString("kind"))
                .put("revision", row.getInteger("revision"))
                .put("replica_id", text(row.getUUID("replica_id")))
                .put("job_id", text(row.getUUID("job_id")))
                .put("message", row.getString("message"));
    }

    private static @Nullable String text(@Nullable UUID id) {
        return id == null ? null : id.toString();
    }
}
