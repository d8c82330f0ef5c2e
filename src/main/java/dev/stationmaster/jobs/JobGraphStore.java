package dev.stationmaster.jobs;

import dev.stationmaster.jobs.JobInsertStore.Inserted;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.db.IdempotencyStore;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** SQL of graphs of jobs: a graph, all its jobs, their events, keys and audit entries are one transaction. */
final class JobGraphStore {
    private static final String INSERT = """
            INSERT INTO job_graphs (id, name, owner_id, owner, keys, job_ids, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)""";
    private static final String BY_ID = "SELECT * FROM job_graphs WHERE id = $1";
    private static final String JOBS = "SELECT * FROM jobs WHERE id = ANY($1)";

    /** @param jobs empty when an earlier call with the same key made the graph */
    record Written(UUID graphId, List<Job> jobs) {}

    private final Database database;
    private final JobInsertStore inserts;
    private final IdempotencyStore idempotency = new IdempotencyStore();
    private final DedupStore dedup = new DedupStore();

    JobGraphStore(Database database, JobInsertStore inserts) {
        this.database = database;
        this.inserts = inserts;
    }

    /** The graph that this key made before. */
    Future<Optional<UUID>> earlier(IdempotencyStore.Key key) {
        return database.pool()
                .withConnection(connection -> idempotency.find(connection, key))
                .map(found -> found.map(UUID::fromString));
    }

    /** Writes all or nothing; a job that is the same as another one fails it. */
    Future<Written> insert(Caller caller, JobGraph graph, List<NewJob> jobs, IdempotencyStore.@Nullable Key key) {
        return database.inTransaction(tx -> claimed(tx, graph, key)
                .compose(earlier -> earlier.isPresent()
                        ? Future.succeededFuture(new Written(UUID.fromString(earlier.get()), List.of()))
                        : write(tx, caller, graph, jobs)));
    }

    private Future<Optional<String>> claimed(SqlConnection tx, JobGraph graph, IdempotencyStore.@Nullable Key key) {
        return key == null
                ? Future.succeededFuture(Optional.empty())
                : idempotency.claim(tx, key, graph.id().toString(), graph.createdAt());
    }

    private Future<Written> write(SqlConnection tx, Caller caller, JobGraph graph, List<NewJob> jobs) {
        return tx.preparedQuery(INSERT)
                .execute(Tuple.of(graph.id(), graph.name(), graph.ownerId(), graph.owner())
                        .addArrayOfString(graph.keys().toArray(new String[0]))
                        .addArrayOfUUID(graph.jobIds().toArray(new UUID[0]))
                        .addOffsetDateTime(graph.createdAt()))
                .compose(done -> dedup.duplicates(tx, jobs, graph.createdAt()))
                .compose(duplicates -> duplicates.isEmpty()
                        ? inserts.insert(tx, jobs, List.of(entry(caller, graph)))
                        : Future.failedFuture(duplicate(graph, duplicates)))
                .map(inserted -> new Written(
                        graph.id(), inserted.stream().map(Inserted::job).toList()));
    }

    private static ApiException duplicate(JobGraph graph, Map<UUID, UUID> duplicates) {
        var errors = graph.jobIds().stream()
                .filter(duplicates::containsKey)
                .map(id -> new FieldError(
                        "/jobs/" + key(graph, id) + "/dedup",
                        "Same deduplication key as job " + key(graph, duplicates.get(id))))
                .toList();
        return new ApiException(
                ErrorCode.DUPLICATE_JOB,
                errors.get(0).pointer() + ": " + errors.get(0).detail() + "; nothing of the graph was submitted.",
                errors);
    }

    /** What a job is called: by its key in the graph, or else by its id. */
    private static String key(JobGraph graph, @Nullable UUID id) {
        int at = graph.jobIds().indexOf(id);
        return at < 0 ? String.valueOf(id) : graph.keys().get(at);
    }

    private static AuditEntry entry(Caller caller, JobGraph graph) {
        return new AuditEntry(
                caller.actor(),
                "job_graph.create",
                "job_graph/" + graph.id(),
                null,
                new JsonObject()
                        .put("name", graph.name())
                        .put("jobs", graph.keys().size())
                        .encode(),
                caller.requestId());
    }

    Future<Optional<JobGraph>> find(UUID id) {
        return database.pool()
                .preparedQuery(BY_ID)
                .execute(Tuple.of(id))
                .map(rows -> rows.size() == 0
                        ? Optional.empty()
                        : Optional.of(map(rows.iterator().next())));
    }

    Future<List<Job>> jobs(JobGraph graph) {
        return database.pool()
                .preparedQuery(JOBS)
                .execute(Tuple.tuple().addArrayOfUUID(graph.jobIds().toArray(new UUID[0])))
                .map(JobRows::all);
    }

    private static JobGraph map(Row row) {
        return new JobGraph(
                row.getUUID("id"),
                row.getString("name"),
                row.getUUID("owner_id"),
                row.getString("owner"),
                List.of(row.getArrayOfStrings("keys")),
                List.of(row.getArrayOfUUIDs("job_ids")),
                row.getOffsetDateTime("created_at"));
    }
}
