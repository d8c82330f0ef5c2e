package dev.stationmaster.agents.deployments;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** SQL of what the leader makes of a deployment: replicas, outcomes of revisions, events. */
final class ReplicaStore {
    /** So many events of one deployment are kept. */
    private static final int EVENTS = 1_000;

    private static final String CLAIM = """
            UPDATE deployments SET state = $3, revision = $4, restarts = restarts + $5, version = version + 1,
              updated_at = $6 WHERE agent_id = $1 AND version = $2""";
    private static final String INSERT_REPLICA = """
            INSERT INTO deployment_replicas (id, agent_id, template, state, incarnation, start_at, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)""";
    private static final String UPDATE_REPLICA = """
            UPDATE deployment_replicas SET state = $2, message = $3, incarnation = $4, job_id = $5, failures = $6,
              restarts = $7, start_at = $8, healthy_since = $9 WHERE id = $1""";
    private static final String DELETE_REPLICA = "DELETE FROM deployment_replicas WHERE id = $1";
    /** Only as it was when its job was submitted. */
    private static final String SUBMITTED = """
            UPDATE deployment_replicas SET job_id = $3, state = CASE WHEN state = 'draining' THEN state ELSE 'pending' END,
              message = NULL WHERE id = $1 AND incarnation = $2 AND job_id IS NULL""";

    private static final String REFUSED = """
            UPDATE deployment_replicas SET state = $3, message = $4, failures = $5, start_at = $6
            WHERE id = $1 AND incarnation = $2 AND job_id IS NULL""";
    private static final String INSERT_REVISION = """
            INSERT INTO deployment_revisions (agent_id, revision, template, agent_version, spec, state, proven, rollback_to,
              created_by, created_at, progress_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)""";
    private static final String UPDATE_REVISION = """
            UPDATE deployment_revisions SET state = $3, proven = $4, reason = $5, message = $6, progress_at = $7,
              ended_at = $8 WHERE agent_id = $1 AND revision = $2""";
    private static final String SUPERSEDE = """
            UPDATE deployment_revisions SET state = 'superseded' WHERE agent_id = $1 AND revision < $2
              AND state IN ('healthy', 'rolling')""";
    private static final String EVENT = """
            INSERT INTO deployment_events (agent_id, at, kind, revision, replica_id, job_id, message)
            VALUES ($1, $2, $3, $4, $5, $6, $7)""";
    private static final String PRUNE = """
            DELETE FROM deployment_events WHERE agent_id = $1 AND seq <= (SELECT seq FROM deployment_events
              WHERE agent_id = $1 ORDER BY seq DESC OFFSET $2 LIMIT 1)""";

    private final Database database;
    private final AuditTrail audit;

    ReplicaStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    /**
     * Writes what a look found. False when somebody changed the deployment meanwhile: then nothing is written.
     *
     * @param restarts how many replicas are to start again
     */
    Future<Boolean> apply(Deployment seen, Changes c, long restarts, OffsetDateTime now, @Nullable AuditEntry entry) {
        DeploymentState state = c.state() == null ? seen.state() : c.state();
        Revision next = c.next();
        int revision = next == null ? seen.revision() : next.revision();
        return database.inTransaction(tx -> tx.preparedQuery(CLAIM)
                .execute(Tuple.of(seen.agentId(), seen.version(), state.wireName(), revision, restarts, now))
                .compose(rows -> rows.rowCount() == 0
                        ? Future.succeededFuture(false)
                        : write(tx, c)
                                .compose(done -> revisions(tx, c))
                                .compose(done -> tell(tx, seen.agentId(), c.events(), now))
                                .compose(done -> entry == null ? Future.succeededFuture() : audit.append(tx, entry))
                                .map(done -> true)));
    }

    private static Future<?> write(SqlConnection tx, Changes c) {
        return batch(
                        tx,
                        INSERT_REPLICA,
                        c.made().stream()
                                .map(r -> Tuple.of(
                                        r.id(),
                                        r.agentId(),
                                        r.template(),
                                        r.state().wireName(),
                                        r.incarnation(),
                                        r.startAt(),
                                        r.createdAt()))
                                .toList())
                .compose(done -> batch(
                        tx,
                        UPDATE_REPLICA,
                        c.changed().stream().map(ReplicaStore::columns).toList()))
                .compose(done -> batch(
                        tx, DELETE_REPLICA, c.gone().stream().map(Tuple::of).toList()));
    }

    private static Tuple columns(Replica r) {
        return Tuple.of(r.id(), r.state().wireName())
                .addString(r.message())
                .addInteger(r.incarnation())
                .addUUID(r.jobId())
                .addInteger(r.failures())
                .addInteger(r.restarts())
                .addOffsetDateTime(r.startAt())
                .addOffsetDateTime(r.healthySince());
    }

    private static Future<?> revisions(SqlConnection tx, Changes c) {
        Revision target = c.target();
        Revision next = c.next();
        Future<?> done = target == null
                ? Future.succeededFuture()
                : tx.preparedQuery(UPDATE_REVISION)
                        .execute(Tuple.of(
                                        target.agentId(),
                                        target.revision(),
                                        target.state().wireName(),
                                        target.proven())
                                .addString(target.reason())
                                .addString(target.message())
                                .addOffsetDateTime(target.progressAt())
                                .addOffsetDateTime(target.endedAt()))
                        .compose(x -> target.state() == RolloutState.HEALTHY
                                ? tx.preparedQuery(SUPERSEDE).execute(Tuple.of(target.agentId(), target.revision()))
                                : Future.succeededFuture());
        return next == null ? done : done.compose(x -> insert(tx, next));
    }

    static Future<?> insert(SqlConnection tx, Revision r) {
        return tx.preparedQuery(INSERT_REVISION)
                .execute(Tuple.of(r.agentId(), r.revision(), r.template(), r.agentVersion())
                        .addJsonObject(r.spec().json())
                        .addString(r.state().wireName())
                        .addBoolean(r.proven())
                        .addInteger(r.rollbackTo())
                        .addString(r.createdBy())
                        .addOffsetDateTime(r.createdAt()));
    }

    static Future<?> tell(SqlConnection tx, long agentId, List<DeploymentEvent> events, OffsetDateTime now) {
        return events.isEmpty()
                ? Future.succeededFuture()
                : batch(
                                tx,
                                EVENT,
                                events.stream()
                                        .map(e -> Tuple.of(agentId, now, e.kind())
                                                .addInteger(e.revision())
                                                .addUUID(e.replicaId())
                                                .addUUID(e.jobId())
                                                .addString(e.message()))
                                        .toList())
                        .compose(done -> tx.preparedQuery(PRUNE).execute(Tuple.of(agentId, EVENTS)));
    }

    /** The replica has a job. False when it moved on meanwhile. */
    Future<Boolean> submitted(Replica r, UUID job, DeploymentEvent event, OffsetDateTime now) {
        return database.inTransaction(tx -> tx.preparedQuery(SUBMITTED)
                .execute(Tuple.of(r.id(), r.incarnation(), job))
                .compose(rows -> rows.rowCount() == 0
                        ? Future.succeededFuture(false)
                        : tell(tx, r.agentId(), List.of(event), now).map(done -> true)));
    }

    /** The job was not taken. */
    Future<?> refused(Replica after) {
        return database.pool()
                .preparedQuery(REFUSED)
                .execute(Tuple.of(after.id(), after.incarnation(), after.state().wireName())
                        .addString(after.message())
                        .addInteger(after.failures())
                        .addOffsetDateTime(after.startAt()));
    }

    private static Future<?> batch(SqlConnection tx, String sql, List<Tuple> tuples) {
        return tuples.isEmpty()
                ? Future.succeededFuture(Optional.empty())
                : tx.preparedQuery(sql).executeBatch(tuples);
    }
}
