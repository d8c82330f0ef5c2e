package dev.stationmaster.jobs;

import static java.util.stream.Collectors.joining;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.db.IdempotencyStore;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** SQL that writes new jobs, many with one commit: rows, first events, idempotency keys and audit entries. */
final class JobInsertStore {
    private static final String INSERT = """
            WITH input AS (
              SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[],
                $8::int[], $9::text[], $10::boolean[], $11::int[], $12::text[], $13::text[], $14::bigint[], $15::bigint[],
                $16::int[], $17::bigint[], $18::bigint[], $19::text[], $20::uuid[], $21::uuid[], $22::timestamptz[],
                $23::text[], $24::text[], $25::text[], $26::boolean[], $27::int[], $28::text[], $29::timestamptz[],
                $30::text[], $31::int[], $32::int[], $33::text[], $34::int[], $35::text[], $36::text[], $37::text[], $38::int[], $39::int[], $40::uuid[], $41::text[])
              AS u(id, owner_id, owner, agent_id, agent_name, agent_version, name, priority, runner, simulated,
                max_attempts, hyperparameters, training_config, cpu_millis, memory_bytes, gpus, storage_bytes,
                timeout_seconds, labels, retried_from, folder_id, at, key, request_hash, queue, preemptible,
                min_runtime_seconds, state, run_at,
                retry_on_exit_codes, retry_first_seconds, retry_max_seconds, stop_retries_on, queue_timeout_seconds,
                depends_on, on_dependency_failure, dedup_key, replicas, min_replicas, graph_id, service)
            ), keys AS (
              INSERT INTO idempotency_keys (user_id, operation, key, request_hash, resource_id, created_at)
              SELECT owner_id, 'createJob', key, request_hash, id::text, at FROM input WHERE key IS NOT NULL
              ON CONFLICT DO NOTHING RETURNING resource_id
            ), fresh AS (
              SELECT * FROM input WHERE key IS NULL OR id::text IN (SELECT resource_id FROM keys)
            ), events AS (
              INSERT INTO job_events (job_id, at, kind, state, attempt, agent_id)
              SELECT id, at, 'state', state, 0, agent_id FROM fresh
            )
            INSERT INTO jobs (id, owner_id, owner, agent_id, agent_name, agent_version, name, priority, state, runner,
              simulated, max_attempts, hyperparameters, training_config, cpu_millis, memory_bytes, gpus, storage_bytes,
              timeout_seconds, labels, retried_from, folder_id, created_at, queued_at, queue, preemptible, min_runtime_seconds,
              run_at, retry_on_exit_codes, retry_first_seconds, retry_max_seconds, stop_retries_on, queue_timeout_seconds,
              depends_on, on_dependency_failure, dedup_key, replicas, min_replicas, graph_id, kind, service, letter_closed_at)
            SELECT id, owner_id, owner, agent_id, agent_name, agent_version, name, priority, state, runner, simulated,
              max_attempts, hyperparameters::jsonb, training_config::jsonb, cpu_millis, memory_bytes, gpus, storage_bytes,
              timeout_seconds, labels::jsonb, retried_from, folder_id, at, at, queue, preemptible, min_runtime_seconds,
              run_at, retry_on_exit_codes::int[], retry_first_seconds, retry_max_seconds, stop_retries_on,
              queue_timeout_seconds, coalesce(depends_on::uuid[], '{}'), coalesce(on_dependency_failure, 'fail'), dedup_key,
              coalesce(replicas, 1), coalesce(min_replicas, 1), graph_id,
              CASE WHEN service IS NULL THEN 'job' ELSE 'service' END, service::jsonb,
              CASE WHEN service IS NOT NULL THEN at END -- whoever failed is replaced and no dead letter
            FROM fresh RETURNING id, seq""";
    private static final String BY_ID = "SELECT * FROM jobs WHERE id = $1";

    /**
     * @param fresh false when the job was made by an earlier call with the same key
     * @param duplicateOf the job that stands for the deduplication key, if that is another: nothing was written
     * @param closedLetter the dead letter to be redriven, if it was closed before: nothing was written
     */
    record Inserted(Job job, boolean fresh, @Nullable UUID duplicateOf, RedriveStore.@Nullable Closed closedLetter) {}

    private final Database database;
    private final AuditTrail audit;
    private final IdempotencyStore idempotency = new IdempotencyStore();
    private final DedupStore dedup = new DedupStore();
    private final RedriveStore redrives = new RedriveStore();

    JobInsertStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    /** One result for each job, in order. Fails as a whole, and then nothing is written. */
    Future<List<Inserted>> insert(List<NewJob> jobs) {
        if (jobs.stream().allMatch(job -> job.starts().dedup() == null && job.retriedFrom() == null)) {
            return database.inTransaction(tx -> insert(tx, jobs, List.of()));
        }
        return database.inTransaction(tx -> repeated(tx, jobs)
                .compose(repeated -> dedup.duplicates(
                        tx, without(jobs, repeated), jobs.get(0).now()))
                .compose(duplicates -> {
                    var others = without(jobs, duplicates.keySet());
                    return redrives.close(tx, others).compose(letters -> {
                        var wanted = without(others, letters.closed().keySet());
                        return insert(tx, wanted, letters.entries())
                                .map(inserted -> merged(jobs, inserted, duplicates, letters.closed()));
                    });
                }));
    }

    /** Calls that were made before with the same idempotency key get their first answer, not "duplicate". */
    private Future<Set<UUID>> repeated(SqlConnection tx, List<NewJob> jobs) {
        Set<UUID> repeated = new HashSet<>();
        var looked = new ArrayList<Future<?>>();
        for (NewJob job : jobs) {
            if (job.key() != null && job.starts().dedup() != null) {
                looked.add(idempotency.find(tx, job.key()).onSuccess(id -> id.ifPresent(x -> repeated.add(job.id()))));
            }
        }
        return Future.all(looked).map(repeated);
    }

    private static List<NewJob> without(List<NewJob> jobs, Set<UUID> ids) {
        return jobs.stream().filter(job -> !ids.contains(job.id())).toList();
    }

    private static List<Inserted> merged(
            List<NewJob> jobs,
            List<Inserted> inserted,
            Map<UUID, UUID> duplicates,
            Map<UUID, RedriveStore.Closed> closedLetters) {
        var all = new ArrayList<Inserted>(jobs.size());
        int next = 0;
        for (NewJob job : jobs) {
            UUID holder = duplicates.get(job.id());
            RedriveStore.Closed closed = closedLetters.get(job.id());
            all.add(
                    holder == null && closed == null
                            ? inserted.get(next++)
                            : new Inserted(job.withSeq(0), false, holder, closed));
        }
        return all;
    }

    /** @param more audit entries to go with theirs */
    Future<List<Inserted>> insert(SqlConnection tx, List<NewJob> jobs, List<AuditEntry> more) {
        if (jobs.isEmpty()) {
            return Future.succeededFuture(List.of());
        }
        var inserted = tx.preparedQuery(INSERT).execute(columns(jobs));
        var locked = audit.lock(tx); // travels with the insert
        return Future.all(inserted, locked).compose(both -> {
            Map<UUID, Long> seqs = new HashMap<>();
            inserted.result().forEach(row -> seqs.put(row.getUUID(0), row.getLong(1)));
            List<AuditEntry> entries = Stream.concat(
                            more.stream(),
                            jobs.stream()
                                    .filter(job -> seqs.containsKey(job.id()))
                                    .map(JobInsertStore::auditEntry))
                    .toList();
            return audit.append(tx, locked.result(), entries).compose(done -> results(tx, jobs, seqs));
        });
    }

    private Future<List<Inserted>> results(SqlConnection tx, List<NewJob> jobs, Map<UUID, Long> seqs) {
        var results = new ArrayList<Future<Inserted>>(jobs.size());
        for (NewJob job : jobs) {
            Long seq = seqs.get(job.id());
            IdempotencyStore.Key key = job.key();
            if (seq != null) {
                results.add(Future.succeededFuture(new Inserted(job.withSeq(seq), true, null, null)));
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
                .map(rows -> new Inserted(JobRows.first(rows).orElseThrow(), false, null, null));
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
                .addArrayOfLong(rare(jobs, NewJob::timeoutSeconds, new Long[0]))
                .addArrayOfString(column(jobs, j -> j.labels().encode(), new String[0]))
                .addArrayOfUUID(rare(jobs, NewJob::retriedFrom, new UUID[0]))
                .addArrayOfUUID(column(jobs, NewJob::folderId, new UUID[0]))
                .addArrayOfOffsetDateTime(column(jobs, NewJob::now, new OffsetDateTime[0]))
                .addArrayOfString(
                        rare(jobs, j -> j.key() == null ? null : j.key().key(), new String[0]))
                .addArrayOfString(
                        rare(jobs, j -> j.key() == null ? null : j.key().requestHash(), new String[0]))
                .addArrayOfString(column(jobs, j -> j.scheduling().queue(), new String[0]))
                .addArrayOfBoolean(column(jobs, j -> j.scheduling().preemptible(), new Boolean[0]))
                .addArrayOfInteger(column(jobs, j -> j.scheduling().minRuntimeSeconds(), new Integer[0]))
                .addArrayOfString(column(jobs, j -> j.starts().first(j.now()).wireName(), new String[0]))
                .addArrayOfOffsetDateTime(rare(jobs, j -> j.starts().runAt(), new OffsetDateTime[0]))
                .addArrayOfString(rare(jobs, j -> array(j.retries().exitCodes()), new String[0]))
                .addArrayOfInteger(rare(jobs, j -> seconds(j.retries().first()), new Integer[0]))
                .addArrayOfInteger(rare(jobs, j -> seconds(j.retries().max()), new Integer[0]))
                .addArrayOfString(rare(jobs, j -> j.retries().stopOn(), new String[0]))
                .addArrayOfInteger(rare(jobs, j -> seconds(j.starts().queueTimeout()), new Integer[0]))
                .addArrayOfString(rare(
                        jobs,
                        j -> j.starts().dependsOn().isEmpty()
                                ? null
                                : array(j.starts().dependsOn()),
                        new String[0]))
                .addArrayOfString(rare(jobs, j -> j.starts().runAfterFailure() ? "run" : null, new String[0]))
                .addArrayOfString(column(
                        jobs,
                        j -> j.starts().dedup() == null
                                ? null
                                : j.starts().dedup().key(),
                        new String[0]))
                .addArrayOfInteger(rare(jobs, j -> moreThanOne(j.scheduling().replicas()), new Integer[0]))
                .addArrayOfInteger(rare(jobs, j -> moreThanOne(j.scheduling().minReplicas()), new Integer[0]))
                .addArrayOfUUID(rare(jobs, NewJob::graphId, new UUID[0]))
                .addArrayOfString(
                        rare(jobs, j -> j.service() == null ? null : j.service().encode(), new String[0]));
    }

    /** As PostgreSQL reads an array of numbers or UUIDs. */
    private static @Nullable String array(@Nullable List<?> values) {
        return values == null
                ? null
                : "{" + values.stream().map(String::valueOf).collect(joining(",")) + "}";
    }

    private static @Nullable Integer moreThanOne(int replicas) {
        return replicas == 1 ? null : Integer.valueOf(replicas);
    }

    private static @Nullable Integer seconds(@Nullable Duration duration) {
        return duration == null ? null : Integer.valueOf((int) duration.toSeconds());
    }

    /** Null where no job has a value: unnest fills up with nulls, and PostgreSQL has nothing to read. */
    private static <T> T @Nullable [] rare(List<NewJob> jobs, Function<NewJob, @Nullable T> field, T[] type) {
        T[] values = column(jobs, field, type);
        for (T value : values) {
            if (value != null) {
                return values;
            }
        }
        return null;
    }

    private static <T> T[] column(List<NewJob> jobs, Function<NewJob, @Nullable T> field, T[] type) {
        return jobs.stream().map(field).toList().toArray(type);
    }
}
