package dev.stationmaster.jobs;

import dev.stationmaster.jobs.JobMessages.Curve;
import dev.stationmaster.jobs.JobMessages.CurvePoint;
import dev.stationmaster.jobs.JobMessages.RunValues;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** SQL that reads many jobs and their metrics at once, for comparing them. */
final class RunStore {
    private static final String BY_IDS = "SELECT * FROM jobs WHERE id = ANY($1)";
    private static final String IDLE = """
            SELECT * FROM jobs j WHERE id = ANY($1) AND finished_at IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM jobs o WHERE o.folder_id = j.folder_id AND o.finished_at IS NULL)""";
    /** An attempt that resumed may report a step once more: the later report counts. */
    private static final String POINTS = """
            WITH raw AS (
              SELECT job_id, seq, coalesce(step, row_number() OVER (PARTITION BY job_id ORDER BY seq)) AS s,
                (metrics ->> $2)::double precision AS v
              FROM job_metrics WHERE job_id = ANY($1) AND jsonb_typeof(metrics -> $2) = 'number'
            ), points AS (
              SELECT DISTINCT ON (job_id, s) job_id, seq, s, v FROM raw ORDER BY job_id, s, seq DESC
            )
            """;

    private static final String VALUES = POINTS + """
            SELECT job_id, min(v) AS least, max(v) AS most, (array_agg(v ORDER BY seq DESC))[1] AS last,
              (array_agg(s ORDER BY seq DESC))[1] AS last_step
            FROM points GROUP BY job_id""";
    private static final String AT_STEPS = POINTS + """
            SELECT DISTINCT ON (job_id, at_step) job_id, at_step, v
            FROM points JOIN unnest($3::bigint[]) AS u(at_step) ON s >= at_step ORDER BY job_id, at_step, s""";
    private static final String CURVES = """
            WITH raw AS (
              SELECT m.job_id, e.key, m.seq, (e.value #>> '{}')::double precision AS v,
                coalesce(m.step, row_number() OVER (PARTITION BY m.job_id, e.key ORDER BY m.seq)) AS s
              FROM job_metrics m CROSS JOIN LATERAL jsonb_each(m.metrics) AS e
              WHERE m.job_id = ANY($1) AND e.key = ANY($2) AND jsonb_typeof(e.value) = 'number'
            ), grid AS (
              SELECT greatest(1, ceil((max(s) + 1)::numeric / $3::int))::bigint AS width FROM raw
            )
            SELECT DISTINCT ON (job_id, key, s / width) job_id, key, s / width * width AS step, v
            FROM raw CROSS JOIN grid ORDER BY job_id, key, s / width, s DESC, seq DESC""";

    private final Database database;

    RunStore(Database database) {
        this.database = database;
    }

    Future<List<Job>> find(List<UUID> ids) {
        return jobs(BY_IDS, ids);
    }

    /** Those that are finished and whose folder no other job uses. */
    Future<List<Job>> idle(List<UUID> ids) {
        return jobs(IDLE, ids);
    }

    private Future<List<Job>> jobs(String sql, List<UUID> ids) {
        return database.pool().preparedQuery(sql).execute(ofIds(ids)).map(JobRows::all);
    }

    Future<List<RunValues>> values(List<UUID> ids, String metric, List<Long> steps) {
        var summary = database.pool().preparedQuery(VALUES).execute(ofIds(ids).addString(metric));
        Future<Map<UUID, List<CurvePoint>>> at = steps.isEmpty()
                ? Future.succeededFuture(Map.of())
                : database.pool()
                        .preparedQuery(AT_STEPS)
                        .execute(ofIds(ids).addString(metric).addArrayOfLong(steps.toArray(new Long[0])))
                        .map(RunStore::pointsByJob);
        return Future.all(summary, at).map(both -> {
            var all = new ArrayList<RunValues>();
            summary.result()
                    .forEach(row -> all.add(new RunValues(
                            row.getUUID("job_id"),
                            row.getDouble("last"),
                            row.getLong("last_step"),
                            row.getDouble("least"),
                            row.getDouble("most"),
                            at.result().getOrDefault(row.getUUID("job_id"), List.of()))));
            return all;
        });
    }

    private static Map<UUID, List<CurvePoint>> pointsByJob(RowSet<Row> rows) {
        var byJob = new LinkedHashMap<UUID, List<CurvePoint>>();
        rows.forEach(row -> byJob.computeIfAbsent(row.getUUID(0), id -> new ArrayList<>())
                .add(new CurvePoint(row.getLong(1), row.getDouble(2))));
        return byJob;
    }

    Future<List<Curve>> curves(List<UUID> ids, List<String> metrics, int points) {
        return database.pool()
                .preparedQuery(CURVES)
                .execute(ofIds(ids)
                        .addArrayOfString(metrics.toArray(new String[0]))
                        .addInteger(points))
                .map(rows -> {
                    record Key(UUID job, String metric) {}
                    var byKey = new LinkedHashMap<Key, List<CurvePoint>>();
                    rows.forEach(row -> byKey.computeIfAbsent(
                                    new Key(row.getUUID(0), row.getString(1)), key -> new ArrayList<>())
                            .add(new CurvePoint(row.getLong(2), row.getDouble(3))));
                    return byKey.entrySet().stream()
                            .map(e -> new Curve(e.getKey().job(), e.getKey().metric(), e.getValue()))
                            .toList();
                });
    }

    private static Tuple ofIds(List<UUID> ids) {
        return Tuple.tuple().addArrayOfUUID(ids.toArray(new UUID[0]));
    }
}
