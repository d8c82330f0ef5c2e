package dev.stationmaster.jobs;

import dev.stationmaster.jobs.ServiceMessages.ServiceFacts;
import dev.stationmaster.jobs.runner.HealthReport;
import dev.stationmaster.jobs.runner.Usage;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** SQL of services: what their runners see of them. Fenced: what an older lease says changes nothing. */
final class ServiceStore {
    private static final String HEALTH = """
            INSERT INTO job_services AS s (job_id, lease, healthy, health_message, health_at, address)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (job_id) DO UPDATE SET lease = excluded.lease, healthy = excluded.healthy,
              health_message = excluded.health_message, health_at = excluded.health_at, address = excluded.address
            WHERE s.lease <= excluded.lease""";
    private static final String USAGE = """
            UPDATE job_services SET cpu_cores = $3, memory_bytes = $4, usage_at = $5 WHERE job_id = $1 AND lease = $2""";
    private static final String FIND = """
            SELECT j.*, s.healthy, s.health_message, s.address, s.cpu_cores, s.memory_bytes AS used_bytes
            FROM jobs j LEFT JOIN job_services s ON s.job_id = j.id AND s.lease = j.lease AND j.state = 'running'
            WHERE j.id = ANY($1) OR (j.agent_id = $2 AND j.kind = 'service' AND j.finished_at IS NULL)""";
    private static final String COST = """
            SELECT coalesce(sum(cost_nanos), 0)::bigint FROM jobs WHERE agent_id = $1 AND kind = 'service'""";
    private static final String RECENT = """
            SELECT DISTINCT ON (job_id) job_id, (metrics ->> $2)::double precision FROM job_metrics
            WHERE job_id = ANY($1) AND at >= $3 AND jsonb_typeof(metrics -> $2) = 'number' ORDER BY job_id, seq DESC""";
    private static final String WAITING = """
            SELECT count(*) FROM jobs WHERE queue = $1 AND kind = 'job' AND state IN ('queued', 'retry_wait')""";

    private final Database database;

    ServiceStore(Database database) {
        this.database = database;
    }

    Future<Void> health(UUID job, long lease, HealthReport report, OffsetDateTime now) {
        return database.pool()
                .preparedQuery(HEALTH)
                .execute(Tuple.of(job, lease)
                        .addBoolean(report.healthy())
                        .addString(report.message())
                        .addOffsetDateTime(now)
                        .addString(report.address()))
                .mapEmpty();
    }

    Future<Void> usage(UUID job, long lease, Usage usage, OffsetDateTime now) {
        return database.pool()
                .preparedQuery(USAGE)
                .execute(Tuple.of(job, lease)
                        .addDouble(usage.cpuCores())
                        .addLong(usage.memoryBytes())
                        .addOffsetDateTime(now))
                .mapEmpty();
    }

    Future<List<ServiceFacts>> find(long agentId, List<UUID> ids) {
        return database.pool()
                .preparedQuery(FIND)
                .execute(ofIds(ids).addLong(agentId))
                .map(rows -> {
                    var found = new ArrayList<ServiceFacts>(rows.size());
                    rows.forEach(row -> found.add(facts(row)));
                    return found;
                });
    }

    private static ServiceFacts facts(Row row) {
        Job job = JobRows.map(row);
        return new ServiceFacts(
                job.id(),
                job.state().wireName(),
                job.state() == JobState.RUNNING,
                job.state().isFinal(),
                job.reason(),
                job.message(),
                job.exitCode(),
                job.runner(),
                job.simulated(),
                job.worker(),
                job.startedAt(),
                row.getBoolean("healthy"),
                row.getString("health_message"),
                row.getString("address"),
                row.getDouble("cpu_cores"),
                row.getLong("used_bytes"),
                job.resources().cpuMillis(),
                job.resources().memoryBytes(),
                job.resources().gpus(),
                job.resources().storageBytes(),
                job.costNanos());
    }

    Future<Long> cost(long agentId) {
        return database.pool().preparedQuery(COST).execute(Tuple.of(agentId)).map(rows -> rows.iterator()
                .next()
                .getLong(0));
    }

    Future<Map<UUID, Double>> recent(List<UUID> ids, String metric, OffsetDateTime since) {
        return database.pool()
                .preparedQuery(RECENT)
                .execute(ofIds(ids).addString(metric).addOffsetDateTime(since))
                .map(rows -> {
                    var values = new HashMap<UUID, Double>();
                    rows.forEach(row -> values.put(row.getUUID(0), row.getDouble(1)));
                    return values;
                });
    }

    Future<Long> waiting(String queue) {
        return database.pool().preparedQuery(WAITING).execute(Tuple.of(queue)).map(rows -> rows.iterator()
                .next()
                .getLong(0));
    }

    private static Tuple ofIds(List<UUID> ids) {
        return Tuple.tuple().addArrayOfUUID(ids.toArray(new UUID[0]));
    }
}
