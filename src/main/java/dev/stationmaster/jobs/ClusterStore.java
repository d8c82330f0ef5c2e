package dev.stationmaster.jobs;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Amounts;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.jobs.scheduler.Node;
import dev.stationmaster.jobs.scheduler.Running;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** SQL of what the dispatcher decides from: servers that are up, jobs that run, and what owners used lately. */
final class ClusterStore {
    private static final String RUNNING = """
            SELECT id, queue, owner_id, agent_id, runner, priority, cpu_millis, memory_bytes, gpus, storage_bytes, worker,
              state, started_at, queued_at, preemptible, min_runtime_seconds, preempted_for, replicas, min_replicas,
              replicas_started
            FROM jobs WHERE state IN ('admitted', 'starting', 'running', 'preempting', 'cancelling')""";
    private static final String WORKERS = """
            SELECT worker, runner, cpu_millis, memory_bytes, gpus, storage_bytes, slots FROM workers
            WHERE seen_at > clock_timestamp() - $1 * interval '1 millisecond' ORDER BY worker, runner""";
    /** What is offered now, and what remote workers that may come back have offered. */
    private static final String OFFERS = """
            SELECT w.worker, w.runner, w.cpu_millis, w.memory_bytes, w.gpus, w.storage_bytes, true AS up,
              coalesce(u.jobs, 0) AS jobs, coalesce(u.cpu, 0) AS used_cpu, coalesce(u.memory, 0) AS used_memory,
              coalesce(u.gpus, 0) AS used_gpus, coalesce(u.storage, 0) AS used_storage, w.gpu_devices
            FROM workers w LEFT JOIN LATERAL (
              SELECT count(*) AS jobs, sum(cpu_millis * replicas_started)::bigint AS cpu,
                sum(memory_bytes * replicas_started)::bigint AS memory, sum(gpus * replicas_started)::int AS gpus,
                sum(storage_bytes * replicas_started)::bigint AS storage
              FROM jobs j WHERE j.worker = w.worker AND j.runner = w.runner) u ON true
            WHERE w.seen_at > clock_timestamp() - $1 * interval '1 millisecond'
            UNION ALL
            SELECT r.name, 'worker', r.cpu_millis, r.memory_bytes, r.gpus, r.storage_bytes, false, 0, 0, 0, 0, 0, r.gpu_devices
            FROM remote_workers r WHERE NOT EXISTS (SELECT FROM workers w WHERE w.worker = r.name AND w.runner = 'worker'
              AND w.seen_at > clock_timestamp() - $1 * interval '1 millisecond')
            ORDER BY 1, 2""";

    private static final String STRANDED = """
            SELECT * FROM jobs j WHERE j.state = 'queued' AND NOT j.simulated AND NOT EXISTS (
              SELECT FROM workers w WHERE w.runner = j.runner
                AND w.seen_at > clock_timestamp() - $1 * interval '1 millisecond')
            ORDER BY j.seq LIMIT $2""";
    private static final String MOVE = """
            WITH moved AS (
              UPDATE jobs SET runner = $3, version = version + 1
              WHERE id = $1 AND state = 'queued' AND runner = $2 RETURNING *
            ), event AS (
              INSERT INTO job_events (job_id, at, kind, message, attempt, agent_id)
              SELECT id, $5, 'runner_changed', $4, attempt, agent_id FROM moved
            )
            SELECT * FROM moved""";
    private static final String ANNOUNCE = """
            INSERT INTO workers (worker, runner, cpu_millis, memory_bytes, gpus, storage_bytes, gpu_devices,
              slots, seen_at)
            SELECT $1, u.runner, u.cpu, u.memory, u.gpus, u.storage, u.devices::jsonb, $8, clock_timestamp()
            FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::int[], $6::bigint[], $7::text[])
              AS u(runner, cpu, memory, gpus, storage, devices)
            ON CONFLICT (worker, runner) DO UPDATE SET cpu_millis = excluded.cpu_millis,
              memory_bytes = excluded.memory_bytes, gpus = excluded.gpus, storage_bytes = excluded.storage_bytes,
              gpu_devices = excluded.gpu_devices, slots = excluded.slots, seen_at = excluded.seen_at""";
    private static final String LEAVE = """
            DELETE FROM workers WHERE (worker = $1 AND NOT runner = ANY($2))
              OR seen_at < clock_timestamp() - interval '1 day'""";
    private static final String ASSIGNED = "SELECT * FROM jobs WHERE worker = $1 AND state = 'admitted'";
    private static final String USE = "SELECT owner_id, share FROM owner_use";
    private static final String SAVE_USE = """
            WITH gone AS (DELETE FROM owner_use WHERE NOT owner_id = ANY($1))
            INSERT INTO owner_use (owner_id, share, at)
            SELECT u.id, u.share, $3 FROM unnest($1::uuid[], $2::float8[]) AS u(id, share)
            ON CONFLICT (owner_id) DO UPDATE SET share = excluded.share, at = excluded.at""";

    private final Database database;

    ClusterStore(Database database) {
        this.database = database;
    }

    /** Jobs that hold resources. */
    Future<List<Running>> running(SqlConnection tx, Instant now) {
        return tx.preparedQuery(RUNNING).execute().map(rows -> {
            var running = new ArrayList<Running>(rows.size());
            rows.forEach(row -> running.add(running(row, now)));
            return running;
        });
    }

    private static Running running(Row r, Instant now) {
        boolean runs = "running".equals(r.getString("state"));
        OffsetDateTime started = r.getOffsetDateTime("started_at");
        var lane = new Lane.Key(
                r.getString("queue"),
                r.getUUID("owner_id"),
                r.getLong("agent_id"),
                r.getString("runner"),
                r.getInteger("priority"),
                new Resources(
                        r.getLong("cpu_millis"),
                        r.getLong("memory_bytes"),
                        r.getInteger("gpus"),
                        r.getLong("storage_bytes")),
                r.getInteger("replicas"),
                r.getInteger("min_replicas"));
        return new Running(
                r.getUUID("id"),
                lane,
                Map.of(r.getString("worker"), r.getInteger("replicas_started")),
                runs && started != null ? started.toInstant() : now,
                runs && r.getBoolean("preemptible"),
                Duration.ofSeconds(r.getInteger("min_runtime_seconds")),
                r.getUUID("preempted_for"));
    }

    /** What the servers have that were seen within {@code ttl}; what is free of it is not said here. */
    Future<List<Node>> nodes(SqlConnection tx, Duration ttl) {
        return tx.preparedQuery(WORKERS).execute(Tuple.of(ttl.toMillis())).map(rows -> {
            var nodes = new ArrayList<Node>(rows.size());
            rows.forEach(r -> {
                var resources = new Resources(r.getLong(2), r.getLong(3), r.getInteger(4), r.getLong(5));
                Amounts all = Amounts.of(resources, r.getInteger(6));
                nodes.add(new Node(r.getString(0), r.getString(1), all, all));
            });
            return nodes;
        });
    }

    /**
     * A runner of a machine.
     *
     * @param up whether it can be given anything now
     * @param gpus one by one; null: not told
     */
    record Offer(
            String worker,
            String runner,
            Resources capacity,
            boolean up,
            long jobs,
            Resources used,
            @Nullable JsonArray gpus) {}

    /**
     * What a runner has to give.
     *
     * @param gpus one by one; null: not told
     */
    record Offered(Resources capacity, @Nullable JsonArray gpus) {}

    Future<List<Offer>> offers(Duration ttl) {
        return database.pool()
                .preparedQuery(OFFERS)
                .execute(Tuple.of(ttl.toMillis()))
                .map(rows -> {
                    var offers = new ArrayList<Offer>(rows.size());
                    rows.forEach(r -> offers.add(new Offer(
                            r.getString(0),
                            r.getString(1),
                            new Resources(r.getLong(2), r.getLong(3), r.getInteger(4), r.getLong(5)),
                            r.getBoolean(6),
                            r.getLong(7),
                            new Resources(r.getLong(8), r.getLong(9), r.getInteger(10), r.getLong(11)),
                            (JsonArray) r.getJson(12))));
                    return offers;
                });
    }

    /** Waiting jobs whose runner nobody offers at present. */
    Future<List<Job>> stranded(Duration ttl, int max) {
        return database.pool()
                .preparedQuery(STRANDED)
                .execute(Tuple.of(ttl.toMillis(), max))
                .map(JobRows::all);
    }

    /** The job with another runner; empty when it waits no longer. */
    Future<Optional<Job>> move(Job job, String runner, String why, OffsetDateTime now) {
        return database.pool()
                .preparedQuery(MOVE)
                .execute(Tuple.of(job.id(), job.runner(), runner, why, now))
                .map(JobRows::first);
    }

    /** Says what this server offers; to be repeated, or it counts for nothing. */
    Future<Void> announce(String worker, Map<String, Offered> runners, int slots) {
        var names = new ArrayList<String>(runners.keySet());
        var offered = names.stream().map(runners::get).toList();
        var all = offered.stream().map(Offered::capacity).toList();
        return database.pool()
                .preparedQuery(ANNOUNCE)
                .execute(Tuple.tuple()
                        .addString(worker)
                        .addArrayOfString(names.toArray(new String[0]))
                        .addArrayOfLong(all.stream().map(Resources::cpuMillis).toArray(Long[]::new))
                        .addArrayOfLong(all.stream().map(Resources::memoryBytes).toArray(Long[]::new))
                        .addArrayOfInteger(all.stream().map(Resources::gpus).toArray(Integer[]::new))
                        .addArrayOfLong(
                                all.stream().map(Resources::storageBytes).toArray(Long[]::new))
                        .addArrayOfString(offered.stream()
                                .map(o -> o.gpus() == null ? null : o.gpus().encode())
                                .toArray(String[]::new))
                        .addInteger(slots))
                .compose(done -> leave(worker, names));
    }

    /** Takes back what this server offered, but for these runners. */
    Future<Void> leave(String worker, Collection<String> stillOffered) {
        return database.pool()
                .preparedQuery(LEAVE)
                .execute(Tuple.of(worker).addArrayOfString(stillOffered.toArray(new String[0])))
                .mapEmpty();
    }

    /** What this server was given and has not begun to start. */
    Future<List<Job>> assigned(String worker) {
        return database.pool().preparedQuery(ASSIGNED).execute(Tuple.of(worker)).map(JobRows::all);
    }

    Future<Map<UUID, Double>> recentUse() {
        return database.pool().query(USE).execute().map(rows -> {
            Map<UUID, Double> use = new HashMap<>();
            rows.forEach(r -> use.put(r.getUUID(0), r.getDouble(1)));
            return use;
        });
    }

    Future<Void> saveUse(Map<UUID, Double> shares, OffsetDateTime now) {
        var owners = new ArrayList<UUID>(shares.keySet());
        return database.pool()
                .preparedQuery(SAVE_USE)
                .execute(Tuple.tuple()
                        .addArrayOfUUID(owners.toArray(new UUID[0]))
                        .addArrayOfDouble(owners.stream().map(shares::get).toArray(Double[]::new))
                        .addOffsetDateTime(now))
                .mapEmpty();
    }
}
