package dev.stationmaster.agents;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.db.IdempotencyStore;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** SQL of agents and their versions. */
final class AgentStore {
    private static final String VERSION_COLUMNS = """
            v.version, v.seq, v.docker_image, v.config, v.cpu_millis, v.memory_bytes, v.gpus, v.storage_bytes, v.runner,
            v.command, v.working_dir, v.env, v.created_at AS version_created_at, v.created_by""";
    private static final String SELECT = "SELECT a.id, a.name, a.type, a.owner_id, u.username AS owner, a.description,"
            + " a.labels, a.budget_nanos, a.version AS revision, a.created_at, a.updated_at,"
            + " ARRAY(SELECT s.name FROM agent_secrets s WHERE s.agent_id = a.id ORDER BY s.name) AS secret_names, "
            + VERSION_COLUMNS
            + " FROM agents a JOIN users u ON u.id = a.owner_id"
            + " JOIN agent_versions v ON v.agent_id = a.id AND v.version = a.current_version";
    private static final String BY_ID = SELECT + " WHERE a.id = $1 AND a.deleted_at IS NULL";
    private static final String PAGE = SELECT + " WHERE a.deleted_at IS NULL AND ($1::bigint IS NULL OR a.id < $1)"
            + " AND ($2::text IS NULL OR a.type = $2) AND ($3::text IS NULL OR a.name = $3) ORDER BY a.id DESC LIMIT $4";
    private static final String NEWEST = SELECT + " WHERE a.deleted_at IS NULL AND ($1::bigint IS NULL OR a.id = $1)"
            + " AND ($2::text IS NULL OR u.username = $2) ORDER BY a.id DESC LIMIT $3";
    private static final String COUNT = "SELECT count(*) FROM agents WHERE deleted_at IS NULL";
    private static final String INSERT = """
            INSERT INTO agents (name, type, owner_id, description, labels, budget_nanos, current_version, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id""";
    private static final String INSERT_VERSION = """
            INSERT INTO agent_versions (agent_id, version, seq, docker_image, config, cpu_millis, memory_bytes, gpus,
              storage_bytes, runner, command, working_dir, env, digest, created_at, created_by)
            VALUES ($1, $2, (SELECT coalesce(max(seq), 0) + 1 FROM agent_versions WHERE agent_id = $1),
              $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)""";
    private static final String UPDATE = """
            UPDATE agents SET description = $2, labels = $3, budget_nanos = $4, current_version = $5, updated_at = $6,
              version = version + 1 WHERE id = $1 AND version = $7 AND deleted_at IS NULL""";
    private static final String HAS_DEPLOYMENT =
            "SELECT EXISTS (SELECT 1 FROM deployments WHERE agent_id = $1 AND state <> 'stopped')";
    private static final String DELETE =
            "UPDATE agents SET deleted_at = $2, updated_at = $2, version = version + 1 WHERE id = $1 AND deleted_at IS NULL";
    private static final String VERSIONS = "SELECT " + VERSION_COLUMNS
            + " FROM agent_versions v WHERE v.agent_id = $1 AND ($2::bigint IS NULL OR v.seq < $2) ORDER BY v.seq DESC LIMIT $3";
    private static final String VERSION =
            "SELECT " + VERSION_COLUMNS + " FROM agent_versions v WHERE v.agent_id = $1 AND v.version = $2";

    private final Database database;
    private final AuditTrail audit;
    private final IdempotencyStore idempotency = new IdempotencyStore();

    AgentStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    /** The new agent's id, or that of the agent the same Idempotency-Key made before. */
    Future<Long> insert(Agent agent, IdempotencyStore.@Nullable Key key, Function<Long, AuditEntry> entry) {
        return database.inTransaction(tx -> tx.preparedQuery(INSERT)
                        .execute(Tuple.of(agent.name(), agent.type(), agent.ownerId())
                                .addString(agent.description())
                                .addJsonObject(agent.labels())
                                .addLong(agent.budgetNanos())
                                .addString(agent.current().version())
                                .addOffsetDateTime(agent.createdAt()))
                        .map(rows -> rows.iterator().next().getLong(0))
                        .compose(id -> insertVersion(tx, agent.current().ofAgent(id))
                                .compose(done -> key == null
                                        ? Future.succeededFuture(Optional.<String>empty())
                                        : idempotency.claim(tx, key, id.toString(), agent.createdAt()))
                                .compose(earlier -> earlier.isPresent()
                                        ? Future.failedFuture(new Replayed(Long.parseLong(earlier.get())))
                                        : audit.append(tx, entry.apply(id)).map(id))))
                .recover(error -> error instanceof Replayed replayed
                        ? Future.succeededFuture(replayed.id)
                        : recoverName(agent, key, error));
    }

    /** A repeated call meets its own name; the key tells it from a stranger's. */
    private Future<Long> recoverName(Agent agent, IdempotencyStore.@Nullable Key key, Throwable error) {
        if (!Database.isUniqueViolation(error)) {
            return Future.failedFuture(error);
        }
        var taken = new ApiException(ErrorCode.NAME_TAKEN, "There is an agent named " + agent.name() + " already.");
        return key == null
                ? Future.failedFuture(taken)
                : database.pool()
                        .withConnection(c -> idempotency.find(c, key))
                        .compose(earlier -> earlier.isPresent()
                                ? Future.succeededFuture(Long.valueOf(earlier.get()))
                                : Future.failedFuture(taken));
    }

    /** Undoes the insert of a repeated call. */
    private static final class Replayed extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final long id;

        Replayed(long id) {
            super("replayed", null, false, false);
            this.id = id;
        }
    }

    private static Future<Void> insertVersion(SqlConnection tx, AgentVersion v) {
        return tx.preparedQuery(INSERT_VERSION)
                .execute(Tuple.of(v.agentId(), v.version())
                        .addString(v.dockerImage())
                        .addJsonObject(v.config())
                        .addLong(v.cpuMillis())
                        .addLong(v.memoryBytes())
                        .addInteger(v.gpus())
                        .addLong(v.storageBytes())
                        .addString(v.runner())
                        .addArrayOfString(v.command().toArray(new String[0]))
                        .addString(v.workingDir())
                        .addJsonObject(new JsonObject(Map.copyOf(v.env())))
                        .addString(v.digest())
                        .addOffsetDateTime(v.createdAt())
                        .addString(v.createdBy()))
                .mapEmpty();
    }

    Future<Optional<Agent>> byId(long id) {
        return database.pool()
                .preparedQuery(BY_ID)
                .execute(Tuple.of(id))
                .map(rows -> rows.size() == 0
                        ? Optional.empty()
                        : Optional.of(map(rows.iterator().next())));
    }

    /** One that is not stopped. */
    Future<Boolean> hasDeployment(long id) {
        return database.pool()
                .preparedQuery(HAS_DEPLOYMENT)
                .execute(Tuple.of(id))
                .map(rows -> rows.iterator().next().getBoolean(0));
    }

    Future<Long> count() {
        return database.pool().query(COUNT).execute().map(rows -> rows.iterator()
                .next()
                .getLong(0));
    }

    Future<List<Agent>> page(@Nullable Long before, @Nullable String type, @Nullable String name, int rows) {
        return agents(
                PAGE,
                Tuple.tuple().addLong(before).addString(type).addString(name).addInteger(rows));
    }

    /** Newest first; null filters mean any. */
    Future<List<Agent>> newest(@Nullable Long id, @Nullable String owner, int rows) {
        return agents(NEWEST, Tuple.tuple().addLong(id).addString(owner).addInteger(rows));
    }

    private Future<List<Agent>> agents(String sql, Tuple tuple) {
        return database.pool().preparedQuery(sql).execute(tuple).map(result -> {
            var agents = new ArrayList<Agent>();
            result.forEach(row -> agents.add(map(row)));
            return agents;
        });
    }

    /** Guarded by the revision that was read; {@code added} is a new version or null. */
    Future<Void> update(Agent changed, long readRevision, @Nullable AgentVersion added, AuditEntry entry) {
        return database.inTransaction(tx -> (added == null ? Future.<Void>succeededFuture() : insertVersion(tx, added))
                        .compose(done -> tx.preparedQuery(UPDATE)
                                .execute(Tuple.of(changed.id())
                                        .addString(changed.description())
                                        .addJsonObject(changed.labels())
                                        .addLong(changed.budgetNanos())
                                        .addString(changed.current().version())
                                        .addOffsetDateTime(changed.updatedAt())
                                        .addLong(readRevision)))
                        .compose(rows -> rows.rowCount() == 1
                                ? audit.append(tx, entry)
                                : Future.failedFuture(new ApiException(
                                        ErrorCode.PRECONDITION_FAILED,
                                        "The agent was changed meanwhile; read it again."))))
                .recover(error -> Future.failedFuture(
                        Database.isUniqueViolation(error)
                                ? new ApiException(
                                        ErrorCode.VERSION_EXISTS,
                                        "The agent has a version "
                                                + changed.current().version()
                                                + " already; versions never change, take a new name.")
                                : error));
    }

    Future<Void> delete(long id, OffsetDateTime now, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(DELETE)
                .execute(Tuple.of(id, now))
                .compose(rows -> rows.rowCount() == 1
                        ? audit.append(tx, entry)
                        : Future.failedFuture(ApiException.notFound("agent", id))));
    }

    Future<List<AgentVersion>> versions(long agentId, @Nullable Long beforeSeq, int rows) {
        return database.pool()
                .preparedQuery(VERSIONS)
                .execute(Tuple.of(agentId).addLong(beforeSeq).addInteger(rows))
                .map(result -> {
                    var versions = new ArrayList<AgentVersion>();
                    result.forEach(row -> versions.add(mapVersion(row, agentId)));
                    return versions;
                });
    }

    Future<Optional<AgentVersion>> version(long agentId, String version) {
        return database.pool()
                .preparedQuery(VERSION)
                .execute(Tuple.of(agentId, version))
                .map(rows -> rows.size() == 0
                        ? Optional.empty()
                        : Optional.of(mapVersion(rows.iterator().next(), agentId)));
    }

    private static Agent map(Row row) {
        long id = row.getLong("id");
        UUID owner = row.getUUID("owner_id");
        return new Agent(
                id,
                row.getString("name"),
                row.getString("type"),
                owner,
                row.getString("owner"),
                row.getString("description"),
                row.getJsonObject("labels"),
                row.getLong("budget_nanos"),
                mapVersion(row, id),
                row.getLong("revision"),
                List.of(row.getArrayOfStrings("secret_names")),
                row.getOffsetDateTime("created_at"),
                row.getOffsetDateTime("updated_at"));
    }

    private static AgentVersion mapVersion(Row row, long agentId) {
        return new AgentVersion(
                agentId,
                row.getString("version"),
                row.getInteger("seq"),
                row.getString("docker_image"),
                row.getJsonObject("config"),
                row.getLong("cpu_millis"),
                row.getLong("memory_bytes"),
                row.getInteger("gpus"),
                row.getLong("storage_bytes"),
                row.getString("runner"),
                List.of(row.getArrayOfStrings("command")),
                row.getString("working_dir"),
                AgentVersion.stringMap(row.getJsonObject("env")),
                row.getOffsetDateTime("version_created_at"),
                row.getString("created_by"));
    }
}
