package dev.stationmaster.jobs;

import dev.stationmaster.jobs.queue.QueuedJob;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** SQL of dispatching, leases and their recovery. */
final class DispatchStore {
    /** One dispatcher decides at a time, so that two can't give the same quota away. */
    private static final String LOCK = "SELECT pg_advisory_xact_lock(7266127465727)";

    private static final String USED = """
            SELECT owner_id, sum(cpu_millis * replicas_started)::bigint,
              sum(memory_bytes * replicas_started)::bigint, sum(gpus * replicas_started)::int,
              sum(storage_bytes * replicas_started)::bigint
            FROM jobs WHERE owner_id = ANY($1) AND state IN ('admitted', 'starting', 'running', 'preempting', 'cancelling')
            GROUP BY owner_id""";
    private static final String HEARTBEAT = """
            UPDATE jobs j SET lease_expires_at = clock_timestamp() + $3 * interval '1 millisecond'
            FROM unnest($1::uuid[], $2::bigint[]) AS u(id, lease)
            WHERE j.id = u.id AND j.lease = u.lease AND j.worker = $4
              AND j.state IN ('admitted', 'starting', 'running', 'preempting', 'cancelling')
            RETURNING j.id, j.state""";
    private static final String TAKE_OVER = """
            UPDATE jobs SET worker = $3, lease_expires_at = clock_timestamp() + $4 * interval '1 millisecond'
            WHERE id = $1 AND lease = $2 AND lease_expires_at < clock_timestamp()
              AND state IN ('starting', 'running', 'preempting', 'cancelling') RETURNING *""";
    private static final String PROGRESS = """
            SELECT started_at, charged_until, lines_taken FROM job_attempts WHERE job_id = $1 AND lease = $2""";
    private static final String STALLED = """
            SELECT * FROM jobs WHERE state IN ('admitted', 'starting', 'running', 'preempting', 'cancelling')
              AND lease_expires_at < clock_timestamp() LIMIT $1""";
    private static final String OF_WORKER = """
            SELECT * FROM jobs WHERE state IN ('admitted', 'starting', 'running', 'preempting', 'cancelling') AND worker = $1""";
    private static final String QUEUED = """
            SELECT id, seq, queue, owner_id, agent_id, runner, priority, cpu_millis, memory_bytes, gpus, storage_bytes,
              queued_at, replicas, min_replicas
            FROM jobs WHERE state = 'queued' AND seq > $1 ORDER BY seq LIMIT $2""";
    private static final String RETRY_WAIT = """
            SELECT * FROM jobs WHERE state IN ('retry_wait', 'scheduled') AND seq > $1 ORDER BY seq LIMIT $2""";
    private static final String BY_IDS = "SELECT * FROM jobs WHERE id = ANY($1)";
    private static final String CHARGES = """
            SELECT a.charged_until, j.lease_expires_at - $3 * interval '1 millisecond' AS last_beat
            FROM job_attempts a JOIN jobs j ON j.id = a.job_id
            WHERE a.job_id = $1 AND a.lease = $2 AND a.charged_until IS NOT NULL AND j.lease_expires_at IS NOT NULL""";

    private final Database database;

    DispatchStore(Database database) {
        this.database = database;
    }

    /** A transaction that no other dispatcher runs at the same time. */
    <T> Future<T> exclusively(Function<SqlConnection, Future<T>> work) {
        return database.inTransaction(tx -> tx.query(LOCK).execute().compose(locked -> work.apply(tx)));
    }

    /** Reads on one connection, without keeping others out. */
    <T> Future<T> reading(Function<SqlConnection, Future<T>> work) {
        return database.pool().withConnection(work);
    }

    Future<Map<UUID, Resources>> usedBy(SqlConnection tx, Set<UUID> owners) {
        return tx.preparedQuery(USED)
                .execute(Tuple.tuple().addArrayOfUUID(owners.toArray(new UUID[0])))
                .map(rows -> {
                    var used = new HashMap<UUID, Resources>();
                    rows.forEach(r -> used.put(
                            r.getUUID(0), new Resources(r.getLong(1), r.getLong(2), r.getInteger(3), r.getLong(4))));
                    return used;
                });
    }

    Future<Resources> heldBy(UUID owner) {
        return database.pool()
                .withConnection(connection -> usedBy(connection, Set.of(owner)))
                .map(used -> used.getOrDefault(owner, Resources.NONE));
    }

    /** How far an attempt is, as far as it is written. */
    record Progress(
            @Nullable OffsetDateTime startedAt, @Nullable OffsetDateTime chargedUntil, long linesTaken) {}

    /** Empty when there is no such attempt. */
    Future<Optional<Progress>> progress(UUID jobId, long lease) {
        return database.pool()
                .preparedQuery(PROGRESS)
                .execute(Tuple.of(jobId, lease))
                .map(rows -> rows.size() == 0
                        ? Optional.empty()
                        : Optional.of(rows.iterator().next())
                                .map(r -> new Progress(r.getOffsetDateTime(0), r.getOffsetDateTime(1), r.getLong(2))));
    }

    /** An attempt of a silent server, from now on this one's; empty when that server was heard of meanwhile. */
    Future<Optional<Job>> takeOver(Job job, String worker, Duration ttl) {
        return database.pool()
                .preparedQuery(TAKE_OVER)
                .execute(Tuple.of(job.id(), job.lease(), worker, ttl.toMillis()))
                .map(JobRows::first);
    }

    /** The leases that still hold and are this worker's, with the state of their jobs. */
    Future<Map<UUID, JobState>> heartbeat(String worker, Map<UUID, Long> leases, Duration ttl) {
        return database.pool()
                .preparedQuery(HEARTBEAT)
                .execute(Tuple.tuple()
                        .addArrayOfUUID(leases.keySet().toArray(new UUID[0]))
                        .addArrayOfLong(leases.values().toArray(new Long[0]))
                        .addLong(ttl.toMillis())
                        .addString(worker))
                .map(rows -> {
                    var held = new HashMap<UUID, JobState>();
                    rows.forEach(r -> held.put(r.getUUID(0), JobState.of(r.getString(1))));
                    return held;
                });
    }

    Future<List<Job>> stalled(int max) {
        return database.pool().preparedQuery(STALLED).execute(Tuple.of(max)).map(JobRows::all);
    }

    Future<List<Job>> ofWorker(String worker) {
        return database.pool()
                .preparedQuery(OF_WORKER)
                .execute(Tuple.of(worker))
                .map(JobRows::all);
    }

    /** Waiting jobs in the order of submission, and where the next page begins. */
    record QueuedPage(List<QueuedJob> jobs, long lastSeq) {}

    Future<QueuedPage> queued(long afterSeq, int max) {
        return database.pool()
                .preparedQuery(QUEUED)
                .execute(Tuple.of(afterSeq, max))
                .map(rows -> {
                    var jobs = new ArrayList<QueuedJob>(rows.size());
                    long last = afterSeq;
                    for (var r : rows) {
                        var size = new Resources(r.getLong(7), r.getLong(8), r.getInteger(9), r.getLong(10));
                        var lane = new Lane.Key(
                                r.getString(2),
                                r.getUUID(3),
                                r.getLong(4),
                                r.getString(5),
                                r.getInteger(6),
                                size,
                                r.getInteger(12),
                                r.getInteger(13));
                        jobs.add(new QueuedJob(
                                r.getUUID(0), lane, r.getOffsetDateTime(11).toInstant()));
                        last = r.getLong(1);
                    }
                    return new QueuedPage(jobs, last);
                });
    }

    Future<List<Job>> byIds(List<UUID> ids) {
        return database.pool()
                .preparedQuery(BY_IDS)
                .execute(Tuple.tuple().addArrayOfUUID(ids.toArray(new UUID[0])))
                .map(JobRows::all);
    }

    Future<List<Job>> retryWait(long afterSeq, int max) {
        return database.pool()
                .preparedQuery(RETRY_WAIT)
                .execute(Tuple.of(afterSeq, max))
                .map(JobRows::all);
    }

    /** Time that an attempt certainly used but was not charged for: up to its last heartbeat. */
    record Uncharged(OffsetDateTime from, OffsetDateTime to) {}

    Future<Optional<Uncharged>> uncharged(Job job, Duration ttl) {
        return database.pool()
                .preparedQuery(CHARGES)
                .execute(Tuple.of(job.id(), job.lease(), ttl.toMillis()))
                .map(rows -> {
                    if (rows.size() == 0) {
                        return Optional.empty();
                    }
                    var row = rows.iterator().next();
                    return Optional.of(new Uncharged(row.getOffsetDateTime(0), row.getOffsetDateTime(1)));
                });
    }
}
