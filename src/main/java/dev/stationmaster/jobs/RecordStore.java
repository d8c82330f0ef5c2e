package dev.stationmaster.jobs;

import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** SQL that writes what attempts report, in batches. Fenced: a lease that no longer holds writes nothing. */
final class RecordStore {
    private static final String LOGS = """
            INSERT INTO job_logs (job_id, start_offset, end_offset, at, attempt, text)
            SELECT u.job_id, u.start_offset, u.end_offset, $6, u.attempt, u.text
            FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $7::text[])
              AS u(job_id, lease, start_offset, end_offset, attempt, text)
            JOIN jobs j ON j.id = u.job_id AND j.lease = u.lease""";
    /** In the order of the reports: a join alone may give them their {@code seq} in any order. */
    private static final String METRICS = """
            INSERT INTO job_metrics (job_id, at, attempt, step, total_steps, metrics)
            SELECT u.job_id, u.at, u.attempt, u.step, u.total_steps, u.metrics::jsonb
            FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::int[], $5::bigint[], $6::bigint[], $7::text[])
              WITH ORDINALITY AS u(job_id, lease, at, attempt, step, total_steps, metrics, n)
            JOIN jobs j ON j.id = u.job_id AND j.lease = u.lease ORDER BY u.n""";

    private static final String LATEST = """
            UPDATE jobs j SET metrics = j.metrics || u.metrics::jsonb, step = coalesce(u.step, j.step),
              total_steps = coalesce(u.total_steps, j.total_steps)
            FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[])
              AS u(job_id, lease, step, total_steps, metrics)
            WHERE j.id = u.job_id AND j.lease = u.lease""";
    private static final String COSTS = """
            UPDATE jobs j SET cost_nanos = greatest(j.cost_nanos, u.nanos)
            FROM unnest($1::uuid[], $2::bigint[]) AS u(job_id, nanos) WHERE j.id = u.job_id RETURNING j.*""";
    private static final String CHARGED = """
            UPDATE job_attempts a SET charged_until = u.until, peak_memory_bytes = coalesce(u.peak, a.peak_memory_bytes),
              cost_nanos = greatest(0, u.nanos - coalesce((SELECT sum(b.cost_nanos) FROM job_attempts b
                WHERE b.job_id = a.job_id AND b.lease < a.lease), 0))
            FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::bigint[], $5::bigint[])
              AS u(job_id, lease, until, peak, nanos)
            WHERE a.job_id = u.job_id AND a.lease = u.lease""";
    private static final String TAKEN = """
            UPDATE job_attempts a SET lines_taken = u.taken
            FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS u(job_id, lease, taken)
            WHERE a.job_id = u.job_id AND a.lease = u.lease AND a.lines_taken < u.taken""";
    private static final String LOG_END = "SELECT coalesce(max(end_offset), 0) FROM job_logs WHERE job_id = $1";

    /** A piece of log; offsets in bytes of UTF-8. */
    record LogRow(UUID jobId, long lease, int attempt, long start, long end, String text) {}

    record MetricRow(
            UUID jobId,
            long lease,
            int attempt,
            OffsetDateTime at,
            @Nullable Long step,
            @Nullable Long totalSteps,
            String metrics) {}

    /** How many lines of output of an attempt are written. */
    record TakenRow(UUID jobId, long lease, long lines) {}

    /** What an attempt was charged up to now; {@code jobNanos} over all attempts of the job. */
    record ChargeRow(
            UUID jobId,
            long lease,
            OffsetDateTime until,
            @Nullable Long peakMemoryBytes,
            long jobNanos) {}

    private final Database database;

    RecordStore(Database database) {
        this.database = database;
    }

    Future<Long> logEnd(UUID jobId) {
        return database.pool().preparedQuery(LOG_END).execute(Tuple.of(jobId)).map(rows -> rows.iterator()
                .next()
                .getLong(0));
    }

    /** All or nothing. {@code latest} holds one row a job: the newest values. */
    Future<Void> write(
            List<LogRow> logs,
            List<MetricRow> metrics,
            List<MetricRow> latest,
            List<TakenRow> taken,
            OffsetDateTime now) {
        return database.inTransaction(tx -> write(tx, logs, metrics, latest, taken, now));
    }

    static Future<Void> write(
            SqlConnection tx,
            List<LogRow> logs,
            List<MetricRow> metrics,
            List<MetricRow> latest,
            List<TakenRow> taken,
            OffsetDateTime now) {
        return writeLogs(tx, logs, now)
                .compose(done -> writeMetrics(tx, metrics))
                .compose(done -> writeLatest(tx, latest))
                .compose(done -> writeTaken(tx, taken));
    }

    private static Future<Void> writeTaken(SqlConnection tx, List<TakenRow> taken) {
        return taken.isEmpty()
                ? Future.succeededFuture()
                : tx.preparedQuery(TAKEN)
                        .execute(Tuple.tuple()
                                .addArrayOfUUID(column(taken, TakenRow::jobId, new UUID[0]))
                                .addArrayOfLong(column(taken, TakenRow::lease, new Long[0]))
                                .addArrayOfLong(column(taken, TakenRow::lines, new Long[0])))
                        .mapEmpty();
    }

    private static Future<Void> writeLogs(SqlConnection tx, List<LogRow> logs, OffsetDateTime now) {
        if (logs.isEmpty()) {
            return Future.succeededFuture();
        }
        return tx.preparedQuery(LOGS)
                .execute(Tuple.tuple()
                        .addArrayOfUUID(column(logs, LogRow::jobId, new UUID[0]))
                        .addArrayOfLong(column(logs, LogRow::lease, new Long[0]))
                        .addArrayOfLong(column(logs, LogRow::start, new Long[0]))
                        .addArrayOfLong(column(logs, LogRow::end, new Long[0]))
                        .addArrayOfInteger(column(logs, LogRow::attempt, new Integer[0]))
                        .addOffsetDateTime(now)
                        .addArrayOfString(column(logs, LogRow::text, new String[0])))
                .mapEmpty();
    }

    private static Future<Void> writeMetrics(SqlConnection tx, List<MetricRow> metrics) {
        if (metrics.isEmpty()) {
            return Future.succeededFuture();
        }
        return tx.preparedQuery(METRICS)
                .execute(Tuple.tuple()
                        .addArrayOfUUID(column(metrics, MetricRow::jobId, new UUID[0]))
                        .addArrayOfLong(column(metrics, MetricRow::lease, new Long[0]))
                        .addArrayOfOffsetDateTime(column(metrics, MetricRow::at, new OffsetDateTime[0]))
                        .addArrayOfInteger(column(metrics, MetricRow::attempt, new Integer[0]))
                        .addArrayOfLong(column(metrics, MetricRow::step, new Long[0]))
                        .addArrayOfLong(column(metrics, MetricRow::totalSteps, new Long[0]))
                        .addArrayOfString(column(metrics, MetricRow::metrics, new String[0])))
                .mapEmpty();
    }

    private static Future<Void> writeLatest(SqlConnection tx, List<MetricRow> latest) {
        if (latest.isEmpty()) {
            return Future.succeededFuture();
        }
        return tx.preparedQuery(LATEST)
                .execute(Tuple.tuple()
                        .addArrayOfUUID(column(latest, MetricRow::jobId, new UUID[0]))
                        .addArrayOfLong(column(latest, MetricRow::lease, new Long[0]))
                        .addArrayOfLong(column(latest, MetricRow::step, new Long[0]))
                        .addArrayOfLong(column(latest, MetricRow::totalSteps, new Long[0]))
                        .addArrayOfString(column(latest, MetricRow::metrics, new String[0])))
                .mapEmpty();
    }

    /** The jobs with their new cost. */
    Future<List<Job>> charged(List<ChargeRow> rows) {
        UUID[] ids = column(rows, ChargeRow::jobId, new UUID[0]);
        Long[] nanos = column(rows, ChargeRow::jobNanos, new Long[0]);
        return database.inTransaction(tx -> tx.preparedQuery(COSTS)
                .execute(Tuple.tuple().addArrayOfUUID(ids).addArrayOfLong(nanos))
                .compose(jobs -> tx.preparedQuery(CHARGED)
                        .execute(Tuple.tuple()
                                .addArrayOfUUID(ids)
                                .addArrayOfLong(column(rows, ChargeRow::lease, new Long[0]))
                                .addArrayOfOffsetDateTime(column(rows, ChargeRow::until, new OffsetDateTime[0]))
                                .addArrayOfLong(column(rows, ChargeRow::peakMemoryBytes, new Long[0]))
                                .addArrayOfLong(nanos))
                        .map(done -> JobRows.all(jobs))));
    }

    private static <T, R> R[] column(List<T> rows, Function<T, @Nullable R> field, R[] type) {
        return rows.stream().map(field).toList().toArray(type);
    }
}
