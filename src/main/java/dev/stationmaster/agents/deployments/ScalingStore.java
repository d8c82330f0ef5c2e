package dev.stationmaster.agents.deployments;

import dev.stationmaster.agents.deployments.Autoscaler.Recommendation;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** SQL of scaling policies and what they decided. */
final class ScalingStore {
    /** So many decisions of one policy are kept. */
    private static final int DECISIONS = 1_000;

    private static final String FIND = "SELECT * FROM scaling_policies WHERE agent_id = $1";
    private static final String ENABLED = """
            SELECT p.* FROM scaling_policies p JOIN deployments d ON d.agent_id = p.agent_id AND d.state = 'active'
            WHERE (p.spec ->> 'enabled')::boolean ORDER BY p.agent_id""";
    private static final String PUT = """
            INSERT INTO scaling_policies AS p (agent_id, spec, updated_by, updated_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (agent_id) DO UPDATE SET spec = excluded.spec, updated_by = excluded.updated_by,
              updated_at = excluded.updated_at, version = p.version + 1 RETURNING *""";
    private static final String FORGET = "DELETE FROM scaling_recommendations WHERE agent_id = $1";
    private static final String DELETE = "DELETE FROM scaling_policies WHERE agent_id = $1 RETURNING *";
    private static final String HISTORY = "SELECT at, desired FROM scaling_recommendations WHERE agent_id = $1";
    /** Only while the policy is the one that was decided by. */
    private static final String EVALUATED = """
            UPDATE scaling_policies SET evaluated_at = $3, scaled_at = CASE WHEN $4 THEN $3 ELSE scaled_at END
            WHERE agent_id = $1 AND version = $2""";

    private static final String RECOMMEND = """
            INSERT INTO scaling_recommendations (agent_id, at, desired) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING""";
    private static final String OUTDATED = "DELETE FROM scaling_recommendations WHERE agent_id = $1 AND at < $2";
    private static final String REPEATED = """
            UPDATE scaling_decisions SET last_at = $2, times = times + 1, value = $3
            WHERE seq = (SELECT max(seq) FROM scaling_decisions WHERE agent_id = $1) AND replicas = applied
              AND replicas = $4 AND applied = $5 AND desired IS NOT DISTINCT FROM $6 AND held_by = $7""";
    private static final String DECIDED = """
            INSERT INTO scaling_decisions (agent_id, at, last_at, metric, value, target, replicas, desired, applied, held_by,
              message) VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10)""";
    private static final String PRUNE = """
            DELETE FROM scaling_decisions WHERE agent_id = $1 AND seq <= (SELECT seq FROM scaling_decisions
              WHERE agent_id = $1 ORDER BY seq DESC OFFSET $2 LIMIT 1)""";
    private static final String PAGE = """
            SELECT * FROM scaling_decisions WHERE agent_id = $1 AND ($2::bigint IS NULL OR seq < $2)
            ORDER BY seq DESC LIMIT $3""";

    private final Database database;
    private final AuditTrail audit;
    private final DeploymentStore deployments;

    ScalingStore(Database database, AuditTrail audit, DeploymentStore deployments) {
        this.database = database;
        this.audit = audit;
        this.deployments = deployments;
    }

    Future<Optional<ScalingPolicy>> find(long agentId) {
        return database.pool()
                .preparedQuery(FIND)
                .execute(Tuple.of(agentId))
                .map(rows ->
                        DeploymentRows.all(rows, ScalingStore::policy).stream().findFirst());
    }

    /** Those of active deployments. */
    Future<List<ScalingPolicy>> enabled() {
        return database.pool()
                .preparedQuery(ENABLED)
                .execute()
                .map(rows -> DeploymentRows.all(rows, ScalingStore::policy));
    }

    /** What was recommended under the policy before says nothing under this one. */
    Future<ScalingPolicy> put(long agentId, JsonObject spec, String by, OffsetDateTime now, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(PUT)
                .execute(Tuple.of(agentId, spec, by, now))
                .map(rows -> policy(rows.iterator().next()))
                .compose(put -> tx.preparedQuery(FORGET)
                        .execute(Tuple.of(agentId))
                        .compose(done -> audit.append(tx, entry))
                        .map(put)));
    }

    /** False when there is none. */
    Future<Boolean> delete(long agentId, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(DELETE)
                .execute(Tuple.of(agentId))
                .compose(rows -> rows.size() == 0
                        ? Future.succeededFuture(false)
                        : audit.append(tx, entry).map(true)));
    }

    Future<List<Recommendation>> history(long agentId) {
        return database.pool()
                .preparedQuery(HISTORY)
                .execute(Tuple.of(agentId))
                .map(rows -> DeploymentRows.all(
                        rows, row -> new Recommendation(row.getOffsetDateTime(0), row.getInteger(1))));
    }

    /** Writes a decision and carries it out. Empty: the deployment stays as it is. */
    Future<Optional<Deployment>> decided(ScalingPolicy p, ScalingDecision d, Deployment before, OffsetDateTime now) {
        return database.inTransaction(tx -> tx.preparedQuery(EVALUATED)
                .execute(Tuple.of(p.agentId(), p.version(), now, d.scales()))
                .compose(rows -> rows.rowCount() == 0 // somebody changed the policy meanwhile
                        ? Future.succeededFuture(Optional.<Deployment>empty())
                        : recommend(tx, p, d, now)
                                .compose(done -> d.notable() ? keep(tx, p, d, now) : Future.succeededFuture())
                                .compose(done -> d.scales()
                                        ? scale(tx, p, d, before, now)
                                        : Future.succeededFuture(Optional.<Deployment>empty()))));
    }

    private static Future<?> recommend(SqlConnection tx, ScalingPolicy p, ScalingDecision d, OffsetDateTime now) {
        Integer desired = d.desired();
        Future<?> done = desired == null
                ? Future.succeededFuture()
                : tx.preparedQuery(RECOMMEND).execute(Tuple.of(p.agentId(), now, desired));
        return done.compose(
                x -> tx.preparedQuery(OUTDATED).execute(Tuple.of(p.agentId(), now.minus(p.longestWindow()))));
    }

    private static Future<?> keep(SqlConnection tx, ScalingPolicy p, ScalingDecision d, OffsetDateTime now) {
        return tx.preparedQuery(REPEATED)
                .execute(Tuple.of(p.agentId(), now)
                        .addDouble(d.value())
                        .addInteger(d.replicas())
                        .addInteger(d.applied())
                        .addInteger(d.desired())
                        .addString(d.heldBy()))
                .compose(rows -> rows.rowCount() > 0
                        ? Future.succeededFuture()
                        : tx.preparedQuery(DECIDED)
                                .execute(Tuple.of(p.agentId(), now, p.metric().wireName())
                                        .addDouble(d.value())
                                        .addDouble(p.target())
                                        .addInteger(d.replicas())
                                        .addInteger(d.desired())
                                        .addInteger(d.applied())
                                        .addString(d.heldBy())
                                        .addString(d.message()))
                                .compose(done -> tx.preparedQuery(PRUNE).execute(Tuple.of(p.agentId(), DECISIONS))));
    }

    private Future<Optional<Deployment>> scale(
            SqlConnection tx, ScalingPolicy p, ScalingDecision d, Deployment before, OffsetDateTime now) {
        var event = DeploymentEvent.of(
                DeploymentEvent.SCALED,
                before.revision(),
                d.message() + " By the policy: " + p.metric().wireName() + " is " + d.value() + ", its target "
                        + p.target() + ".");
        return deployments.scale(
                tx,
                p.agentId(),
                d.applied(),
                now,
                event,
                after -> new AuditEntry(
                        "scaling:" + p.agentId(),
                        "deployment.scale",
                        "agent/" + p.agentId() + "/deployment",
                        before.brief().encode(),
                        after.brief().encode(),
                        "scaling/" + p.agentId() + "/" + now));
    }

    /** Newest first, as in the API. */
    Future<List<JsonObject>> decisions(long agentId, @Nullable Long before, int rows) {
        return database.pool()
                .preparedQuery(PAGE)
                .execute(Tuple.of(agentId).addLong(before).addInteger(rows))
                .map(found -> DeploymentRows.all(found, ScalingStore::decision));
    }

    private static ScalingPolicy policy(Row row) {
        return new ScalingPolicy(
                row.getLong("agent_id"),
                row.getJsonObject("spec"),
                row.getLong("version"),
                row.getOffsetDateTime("evaluated_at"),
                row.getOffsetDateTime("scaled_at"),
                row.getString("updated_by"),
                row.getOffsetDateTime("updated_at"));
    }

    private static JsonObject decision(Row row) {
        return new JsonObject()
                .put("seq", row.getLong("seq"))
                .put("at", Times.iso(row.getOffsetDateTime("at")))
                .put("last_at", Times.iso(row.getOffsetDateTime("last_at")))
                .put("times", row.getInteger("times"))
                .put("metric", row.getString("metric"))
                .put("value", row.getDouble("value"))
                .put("target", row.getDouble("target"))
                .put("replicas", row.getInteger("replicas"))
                .put("desired", row.getInteger("desired"))
                .put("applied", row.getInteger("applied"))
                .put("held_by", row.getString("held_by"))
                .put("message", row.getString("message"));
    }
}
