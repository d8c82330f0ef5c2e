package dev.stationmaster.jobs.workers;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** SQL of remote workers. */
public final class WorkerStore {
    private static final String ALL = "SELECT * FROM remote_workers ORDER BY name";
    private static final String BY_NAME = "SELECT * FROM remote_workers WHERE name = $1";
    /** Only for whom it belongs to, and never under the name of a server that is up. */
    private static final String REGISTER = """
            INSERT INTO remote_workers AS w (name, owner_id, owner, state, version, address, runners, slots, cpu_millis,
              memory_bytes, gpus, storage_bytes, gpu_devices, labels, session, registered_at, seen_at)
            SELECT $1, $2, $3, 'active', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, now(), now()
            WHERE NOT EXISTS (SELECT FROM workers s WHERE s.worker = $1 AND s.runner <> 'worker'
              AND s.seen_at > now() - interval '1 minute')
            ON CONFLICT (name) DO UPDATE SET version = excluded.version, address = excluded.address,
              runners = excluded.runners, slots = excluded.slots, cpu_millis = excluded.cpu_millis,
              memory_bytes = excluded.memory_bytes, gpus = excluded.gpus, storage_bytes = excluded.storage_bytes,
              gpu_devices = excluded.gpu_devices, labels = excluded.labels, seen_at = excluded.seen_at,
              poll_number = CASE WHEN w.session = excluded.session THEN w.poll_number ELSE 0 END,
              session = excluded.session
            WHERE w.owner_id = excluded.owner_id RETURNING *""";

    private static final String POLLED = """
            UPDATE remote_workers SET poll_number = $4, seen_at = now(), load = coalesce($5::jsonb, load)
            WHERE name = $1 AND owner_id = $2 AND session = $3 AND poll_number < $4 RETURNING *""";
    private static final String STATE = "UPDATE remote_workers SET state = $2 WHERE name = $1 RETURNING *";
    private static final String DELETE = "DELETE FROM remote_workers WHERE name = $1 RETURNING *";

    private final Database database;
    private final AuditTrail audit;

    public WorkerStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    public Future<List<RemoteWorker>> all() {
        return database.pool().query(ALL).execute().map(WorkerStore::map);
    }

    public Future<Optional<RemoteWorker>> find(String name) {
        return database.pool().preparedQuery(BY_NAME).execute(Tuple.of(name)).map(WorkerStore::first);
    }

    /** Empty when the name is somebody else's. A known worker keeps its state. */
    Future<Optional<RemoteWorker>> register(RemoteWorker w, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(REGISTER)
                .execute(Tuple.tuple()
                        .addString(w.name())
                        .addUUID(w.ownerId())
                        .addString(w.owner())
                        .addString(w.version())
                        .addString(w.address())
                        .addArrayOfString(w.runners().toArray(new String[0]))
                        .addInteger(w.slots())
                        .addLong(w.capacity().cpuMillis())
                        .addLong(w.capacity().memoryBytes())
                        .addInteger(w.capacity().gpus())
                        .addLong(w.capacity().storageBytes())
                        .addJsonArray(w.gpus())
                        .addJsonObject(w.labels())
                        .addUUID(w.session()))
                .map(WorkerStore::first)
                .compose(made -> made.isEmpty()
                        ? Future.succeededFuture(made)
                        : audit.append(tx, entry).map(made)));
    }

    /** Empty when it is not known under this session, or a newer poll of it was here already. */
    public Future<Optional<RemoteWorker>> polled(
            String name, UUID owner, UUID session, long number, @Nullable JsonObject load) {
        return database.pool()
                .preparedQuery(POLLED)
                .execute(Tuple.of(name, owner, session, number, load == null ? null : load))
                .map(WorkerStore::first);
    }

    /** Empty when there is none of this name. */
    Future<Optional<RemoteWorker>> change(String name, WorkerState state, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(STATE)
                .execute(Tuple.of(name, state.wireName()))
                .map(WorkerStore::first)
                .compose(changed -> changed.isEmpty()
                        ? Future.succeededFuture(changed)
                        : audit.append(tx, entry).map(changed)));
    }

    /** Empty when there is none of this name. */
    Future<Optional<RemoteWorker>> delete(String name, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(DELETE)
                .execute(Tuple.of(name))
                .map(WorkerStore::first)
                .compose(gone -> gone.isEmpty()
                        ? Future.succeededFuture(gone)
                        : audit.append(tx, entry).map(gone)));
    }

    private static Optional<RemoteWorker> first(RowSet<Row> rows) {
        return map(rows).stream().findFirst();
    }

    private static List<RemoteWorker> map(RowSet<Row> rows) {
        var workers = new ArrayList<RemoteWorker>(rows.size());
        rows.forEach(row -> workers.add(new RemoteWorker(
                row.getString("name"),
                row.getUUID("owner_id"),
                row.getString("owner"),
                WorkerState.of(row.getString("state")),
                row.getString("version"),
                row.getString("address"),
                List.of(row.getArrayOfStrings("runners")),
                row.getInteger("slots"),
                new Resources(
                        row.getLong("cpu_millis"),
                        row.getLong("memory_bytes"),
                        row.getInteger("gpus"),
                        row.getLong("storage_bytes")),
                (JsonArray) row.getJson("gpu_devices"),
                (JsonObject) row.getJson("labels"),
                row.getUUID("session"),
                row.getLong("poll_number"),
                (JsonObject) row.getJson("load"),
                row.getOffsetDateTime("registered_at"),
                row.getOffsetDateTime("seen_at"))));
        return workers;
    }
}
