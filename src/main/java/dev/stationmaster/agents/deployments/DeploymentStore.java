package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** SQL that reads deployments, and what people change of them. */
final class DeploymentStore {
    private static final String FIND = "SELECT * FROM deployments WHERE agent_id = $1";
    private static final String LIVE = """
            SELECT * FROM deployments WHERE state <> 'stopped' AND agent_id > $1 ORDER BY agent_id LIMIT $2""";
    private static final String REVISION = "SELECT * FROM deployment_revisions WHERE agent_id = $1 AND revision = $2";
    private static final String REVISIONS = """
            SELECT * FROM deployment_revisions WHERE agent_id = $1 AND ($2::bigint IS NULL OR revision < $2)
            ORDER BY revision DESC LIMIT $3""";
    private static final String NEWEST_OF_VERSION = """
            SELECT * FROM deployment_revisions WHERE agent_id = $1 AND agent_version = $2 AND revision < $3
            ORDER BY revision DESC LIMIT 1""";
    private static final String FALLBACK = """
            SELECT * FROM deployment_revisions WHERE agent_id = $1 AND proven AND template <> $2 AND revision < $3
            ORDER BY revision DESC LIMIT 1""";
    private static final String TEMPLATES = """
            SELECT * FROM deployment_revisions WHERE agent_id = $1
              AND revision IN (SELECT template FROM deployment_replicas WHERE agent_id = $1)""";
    private static final String REPLICAS =
            "SELECT * FROM deployment_replicas WHERE agent_id = $1 ORDER BY created_at, id";
    private static final String EVENTS = """
            SELECT * FROM deployment_events WHERE agent_id = $1 AND ($2::bigint IS NULL OR seq < $2)
            ORDER BY seq DESC LIMIT $3""";
    private static final String COUNTS = """
            SELECT a.name, r.state, count(*) FROM deployment_replicas r JOIN agents a ON a.id = r.agent_id
            GROUP BY a.name, r.state""";
    private static final String ROLL = """
            INSERT INTO deployments AS d (agent_id, owner_id, owner, state, revision, replicas, created_at, updated_at)
            VALUES ($1, $2, $3, 'active', 1, $4, $5, $5)
            ON CONFLICT (agent_id) DO UPDATE SET owner_id = excluded.owner_id, owner = excluded.owner, state = 'active',
              replicas = excluded.replicas, updated_at = excluded.updated_at, version = d.version + 1,
              revision = (SELECT max(r.revision) + 1 FROM deployment_revisions r WHERE r.agent_id = d.agent_id)
            RETURNING *""";
    private static final String SUPERSEDE = """
            UPDATE deployment_revisions SET state = 'superseded', ended_at = coalesce(ended_at, $2)
            WHERE agent_id = $1 AND state = 'rolling'""";
    private static final String SCALE = """
            UPDATE deployments SET replicas = $2, updated_at = $3, version = version + 1
            WHERE agent_id = $1 AND state = 'active' AND replicas <> $2 RETURNING *""";
    private static final String STOP = """
            UPDATE deployments SET state = 'stopping', updated_at = $2, version = version + 1
            WHERE agent_id = $1 AND state = 'active' RETURNING *""";

    private final Database database;
    private final AuditTrail audit;

    DeploymentStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    Future<Optional<Deployment>> find(long agentId) {
        return one(FIND, Tuple.of(agentId), DeploymentRows::deployment);
    }

    /** Those that are not stopped, in the order of their agents. */
    Future<List<Deployment>> live(long after, int rows) {
        return list(LIVE, Tuple.of(after, rows), DeploymentRows::deployment);
    }

    Future<Optional<Revision>> revision(long agentId, int revision) {
        return one(REVISION, Tuple.of(agentId, revision), DeploymentRows::revision);
    }

    /** Newest first. */
    Future<List<Revision>> revisions(long agentId, @Nullable Long before, int rows) {
        return list(REVISIONS, Tuple.of(agentId).addLong(before).addInteger(rows), DeploymentRows::revision);
    }

    /** The newest earlier one that ran this version of the agent. */
    Future<Optional<Revision>> newestOf(long agentId, String version, int before) {
        return one(NEWEST_OF_VERSION, Tuple.of(agentId, version, before), DeploymentRows::revision);
    }

    /** The newest earlier one with another content whose replicas were all healthy once. */
    Future<Optional<Revision>> fallback(Revision target) {
        return one(
                FALLBACK, Tuple.of(target.agentId(), target.template(), target.revision()), DeploymentRows::revision);
    }

    /** Whose replicas live. */
    Future<List<Revision>> templates(long agentId) {
        return list(TEMPLATES, Tuple.of(agentId), DeploymentRows::revision);
    }

    Future<List<Replica>> replicas(long agentId) {
        return list(REPLICAS, Tuple.of(agentId), DeploymentRows::replica);
    }

    /** Newest first. */
    Future<List<JsonObject>> events(long agentId, @Nullable Long before, int rows) {
        return list(EVENTS, Tuple.of(agentId).addLong(before).addInteger(rows), DeploymentRows::event);
    }

    /** How many replicas of an agent are in a state. */
    record Count(String agent, String state, long replicas) {}

    Future<List<Count>> counts() {
        return list(COUNTS, Tuple.tuple(), row -> new Count(row.getString(0), row.getString(1), row.getLong(2)));
    }

    /**
     * Makes the deployment or goes on with it: what {@code content} makes of its new number is rolled out.
     *
     * @param entry of the deployment and its new revision
     */
    Future<Deployment> roll(
            Deployment wanted,
            Function<Integer, Revision> content,
            DeploymentEvent event,
            Function<Deployment, AuditEntry> entry) {
        OffsetDateTime now = wanted.updatedAt();
        return database.inTransaction(tx -> tx.preparedQuery(ROLL)
                .execute(Tuple.of(wanted.agentId(), wanted.ownerId(), wanted.owner(), wanted.replicas(), now))
                .map(rows -> DeploymentRows.deployment(rows.iterator().next()))
                .compose(made -> tx.preparedQuery(SUPERSEDE)
                        .execute(Tuple.of(wanted.agentId(), now))
                        .compose(done -> ReplicaStore.insert(tx, content.apply(made.revision())))
                        .compose(done -> ReplicaStore.tell(
                                tx,
                                wanted.agentId(),
                                List.of(new DeploymentEvent(
                                        event.kind(), made.revision(), null, null, event.message())),
                                now))
                        .compose(done -> audit.append(tx, entry.apply(made)))
                        .map(made)));
    }

    /** Empty when there is none that is active, or it has so many already. */
    Future<Optional<Deployment>> scale(
            long agentId, int replicas, OffsetDateTime now, DeploymentEvent event, Function<Deployment, AuditEntry> e) {
        return database.inTransaction(tx -> scale(tx, agentId, replicas, now, event, e));
    }

    Future<Optional<Deployment>> scale(
            SqlConnection tx,
            long agentId,
            int replicas,
            OffsetDateTime now,
            DeploymentEvent event,
            Function<Deployment, AuditEntry> e) {
        return changed(tx, SCALE, Tuple.of(agentId, replicas, now), event, now, e);
    }

    /** Empty when there is none that is active. */
    Future<Optional<Deployment>> stop(
            long agentId, OffsetDateTime now, DeploymentEvent event, Function<Deployment, AuditEntry> entry) {
        return database.inTransaction(tx -> changed(tx, STOP, Tuple.of(agentId, now), event, now, entry));
    }

    private Future<Optional<Deployment>> changed(
            SqlConnection tx,
            String sql,
            Tuple tuple,
            DeploymentEvent event,
            OffsetDateTime now,
            Function<Deployment, AuditEntry> entry) {
        return tx.preparedQuery(sql).execute(tuple).compose(rows -> {
            if (rows.size() == 0) {
                return Future.succeededFuture(Optional.empty());
            }
            Deployment after = DeploymentRows.deployment(rows.iterator().next());
            return ReplicaStore.tell(tx, after.agentId(), List.of(event), now)
                    .compose(done -> audit.append(tx, entry.apply(after)))
                    .map(done -> Optional.of(after));
        });
    }

    private <T> Future<Optional<T>> one(String sql, Tuple tuple, Function<Row, T> map) {
        return list(sql, tuple, map).map(found -> found.stream().findFirst());
    }

    private <T> Future<List<T>> list(String sql, Tuple tuple, Function<Row, T> map) {
        return database.pool().preparedQuery(sql).execute(tuple).map(rows -> DeploymentRows.all(rows, map));
    }
}
