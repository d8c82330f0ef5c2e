package dev.stationmaster.jobs;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.db.IdempotencyStore;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** SQL that writes new jobs, many with one commit: rows, first events, idempotency keys and audit entries. */
final class JobInsertStore {
    private static final String INSERT = """
            WITH input AS (
              SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[],
                $8::int[], $9::text[], $10::boolean[], $11::int[], $12::text[], $13::text[], $14::bigint[], $15::bigint[],
                $16::int[], $17::bigint[], $18::bigint[], $19::text[], $20::uuid[], $21::uuid[], $22::timestamptz[],
                $23::text[], $24::text[])
              AS u(id, owner_id, owner, agent_id, agent_name, agent_version, name, priority, runner, simulated,
                max_attempts, hyperparameters, training_config, cpu_millis, memory_bytes, gpus, storage_bytes,
                timeout_seconds, labels, retried_from, folder_id, at, key, request_hash)
            ), keys AS (
              INSERT INTO idempotency_keys (user_id, operation, key, request_hash, resource_id, created_at)
              SELECT owner_id, 'createJob', key, request_hash, id::text, at FROM input WHERE key IS NOT NULL
              ON CONFLICT DO NOTHING RETURNING resource_id
            ), fresh AS (
              SELECT * FROM input WHERE key IS NULL OR id::text IN (SELECT resource_id FROM keys)
            ), events AS (
              INSERT INTO job_events (job_id, at, kind, state, attempt, agent_id)
              SELECT id, at, 'state', 'queued', 0, agent_id FROM fresh
            )
            INSERT INTO jobs (id, owner_id, owner, agent_id, agent_name, agent_version, name, priority, state, runner,
              simulated, max_attempts, hyperparameters, training_config, cpu_millis, memory_bytes, gpus, storage_bytes,
              timeout_seconds, labels, retried_from, folder_id, created_at, queued_at)
            SELECT id, owner_id, owner, agent_id, agent_name, agent_version, name, priority, 'queued', runner, simulated,
              max_attempts, hyperparameters::jsonb, training_config::jsonb, cpu_millis, memory_bytes, gpus, storage_bytes,
              timeout_seconds, labels::jsonb, retried_from, folder_id, at, at
            FROM fresh RETURNING id, seq""";
    private static final String BY_ID = "SELECT * FROM jobs WHERE id = $1";

    /** @param fresh false when the job was made by an earlier call with the same key */
    record Inserted(Job job, boolean fresh) {}

    private final Database database;
    private final AuditTrail audit;
    private final IdempotencyStore idempotency = new IdempotencyStore();

    JobInsertStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    /** One result for each job, in order. Fails as a whole, and then nothing is written. */
    Future<List<Inserted>> insert(List<NewJob> jobs) {
        return database.inTransaction(tx -> {
            var inserted = tx.preparedQuery(INSERT).execute(columns(jobs));
            var locked = audit.lock(tx); // travels with the insert
            return Future.all(inserted, locked).compose(both -> {
                Map<UUID, Long> seqs = new HashMap<>();
                inserted.result().forEach(row -> seqs.put(row.getUUID(0), row.getLong(1)));
                List<AuditEntry> entries = jobs.stream()
                        .filter(job -> seqs.containsKey(job.id()))
                        .map(JobInsertStore::auditEntry)
                        .toList();
                return audit.append(tx, locked.result(), entries).compose(done -> results(tx, jobs, seqs));
            });
        });
    }

    private Future<List<Inserted>> results(SqlConnection tx, List<NewJob> jobs, Map<UUID, Long> seqs) {
        var results = new ArrayList<Future<Inserted>>(jobs.size());
        for (NewJob job : jobs) {
            Long seq = seqs.get(job.id());
            IdempotencyStore.Key key = job.key();
            if (seq != null) {
                results.add(Future.succeededFuture(new Inserted(job.withSeq(seq), true)));
            } else if (key != null) {
                results.add(earlier(tx, key));
            } else {
                results.add(Future.failedFuture(new IllegalStateException("job " + job.id() + " was not inserted")));
            }
        }
        return Future.all(results)
                .map(all -> results.stream().map(Future::result).toList());
    }

    private Future<Inserted> earlier(SqlConnection tx, IdempotencyStore.Key key) {
        return idempotency
                .find(tx, key)
                .map(Optional::orElseThrow)
                .compose(id -> tx.preparedQuery(BY_ID).execute(Tuple.of(UUID.fromString(id))))
                .map(rows -> new Inserted(JobRows.first(rows).orElseThrow(), false));
    }

    private static AuditEntry auditEntry(NewJob job) {
        return new AuditEntry(
                job.caller().actor(),
                "job.create",
                "job/" + job.id(),
                null,
                "{\"name\":" + io.vertx.core.json.Json.encode(job.name()) + ",\"agent_id\":" + job.agentId()
                        + ",\"priority\":" + job.priority() + "}",
                job.caller().requestId());
    }

    private static Tuple columns(List<NewJob> jobs) {
        return Tuple.tuple()
                .addArrayOfUUID(column(jobs, NewJob::id, new UUID[0]))
                .addArrayOfUUID(column(jobs, j -> j.caller().userId(), new UUID[0]))
                .addArrayOfString(column(jobs, j -> j.caller().username(), new String[0]))
                .addArrayOfLong(column(jobs, NewJob::agentId, new Long[0]))
                .addArrayOfString(column(jobs, NewJob::agentName, new String[0]))
                .addArrayOfString(column(jobs, NewJob::agentVersion, new String[0]))
                .addArrayOfString(column(jobs, NewJob::name, new String[0]))
                .addArrayOfInteger(column(jobs, NewJob::priority, new Integer[0]))
                .addArrayOfString(column(jobs, NewJob::runner, new String[0]))
                .addArrayOfBoolean(column(jobs, NewJob::simulated, new Boolean[0]))
                .addArrayOfInteger(column(jobs, NewJob::maxAttempts, new Integer[0]))
                .addArrayOfString(column(jobs, j -> j.hyperparameters().encode(), new String[0]))
                .addArrayOfString(column(jobs, j -> j.trainingConfig().encode(), new String[0]))
                .addArrayOfLong(column(jobs, j -> j.resources().cpuMillis(), new Long[0]))
                .addArrayOfLong(column(jobs, j -> j.resources().memoryBytes(), new Long[0]))
                .addArrayOfInteger(column(jobs, j -> j.resources().gpus(), new Integer[0]))
                .addArrayOfLong(column(jobs, j -> j.resources().storageBytes(), new Long[0]))
                .addArrayOfLong(column(jobs, NewJob::timeoutSeconds, new Long[0]))
                .addArrayOfString(column(jobs, j -> j.labels().encode(), new String[0]))
                .addArrayOfUUID(column(jobs, NewJob::retriedFrom, new UUID[0]))
                .addArrayOfUUID(column(jobs, NewJob::folderId, new UUID[0]))
                .addArrayOfOffsetDateTime(column(jobs, NewJob::now, new OffsetDateTime[0]))
                .addArrayOfString(
                        column(jobs, j -> j.key() == null ? null : j.key().key(), new String[0]))
                .addArrayOfString(
                        column(jobs, j -> j.key() == null ? null : j.key().requestHash(), new String[0]));
    }

    private static <T> T[] column(List<NewJob> jobs, Function<NewJob, @Nullable T> field, T[] type) {
        return jobs.stream().map(field).toList().toArray(type);
    }
}
