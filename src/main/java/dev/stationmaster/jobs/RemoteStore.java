package dev.stationmaster.jobs;

import dev.stationmaster.jobs.RecordStore.LogRow;
import dev.stationmaster.jobs.RecordStore.MetricRow;
import dev.stationmaster.jobs.RecordStore.TakenRow;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** SQL of jobs that remote workers hold. */
final class RemoteStore {
    private static final String ACTIVE = "state IN ('admitted', 'starting', 'running', 'preempting', 'cancelling')";
    private static final String OF_WORKER = "SELECT * FROM jobs WHERE worker = $1 AND " + ACTIVE;
    private static final String HELD = """
            SELECT j.* FROM jobs j JOIN remote_workers w ON w.name = j.worker
            WHERE j.id = $1 AND j.lease = $2 AND w.name = $3 AND w.owner_id = $4 AND j.""" + ACTIVE;
    private static final String HELD_BY_OWNER = """
            SELECT j.* FROM jobs j JOIN remote_workers w ON w.name = j.worker
            WHERE j.id = $1 AND j.lease = $2 AND w.owner_id = $3 AND j.""" + ACTIVE;
    private static final String WITH_NEWS = """
            SELECT worker FROM jobs WHERE worker = ANY($1) AND state IN ('admitted', 'preempting', 'cancelling')
            UNION SELECT name FROM remote_workers WHERE name = ANY($1) AND state = 'draining'""";
    private static final String LOG_HEAD = """
            SELECT a.lines_taken, a.stop_line, (SELECT coalesce(max(end_offset), 0) FROM job_logs l WHERE l.job_id = a.job_id)
            FROM job_attempts a JOIN jobs j ON j.id = a.job_id AND j.lease = a.lease
            WHERE a.job_id = $1 AND a.lease = $2 FOR UPDATE OF a""";
    private static final String STOP_LINE = "UPDATE job_attempts SET stop_line = $3 WHERE job_id = $1 AND lease = $2";
    private static final String GET_STOP_LINE = "SELECT stop_line FROM job_attempts WHERE job_id = $1 AND lease = $2";
    private static final String UNCHARGED = """
            SELECT j.*, a.charged_until, j.lease_expires_at - $1 * interval '1 millisecond' AS last_beat
            FROM jobs j JOIN job_attempts a ON a.job_id = j.id AND a.lease = j.lease
            JOIN remote_workers w ON w.name = j.worker
            WHERE j.state IN ('running', 'preempting', 'cancelling')
              AND a.charged_until < j.lease_expires_at - $1 * interval '1 millisecond' LIMIT $2""";

    /** How far the log of an attempt is. */
    record LogHead(long linesTaken, @Nullable String stopLine, long endOffset) {}

    /**
     * @param taken lines of the attempt that are written then
     * @param stopLine the line that forbids further tries
     */
    record LogWrite(
            long taken,
            List<LogRow> logs,
            List<MetricRow> metrics,
            @Nullable String stopLine) {}

    /** Time that an attempt certainly used and was not charged for. */
    record Use(Job job, OffsetDateTime from, OffsetDateTime to) {}

    private final Database database;

    RemoteStore(Database database) {
        this.database = database;
    }

    /**
     * Appends to the log of an attempt while nobody else does; empty, and nothing is written, when another has its lease.
     *
     * @param next what to write behind what is there
     */
    Future<Optional<LogWrite>> append(Job job, OffsetDateTime now, Function<LogHead, LogWrite> next) {
        return database.inTransaction(tx -> logHead(tx, job.id(), job.lease())
                .compose(head -> head.isEmpty()
                        ? Future.succeededFuture(Optional.<LogWrite>empty())
                        : write(tx, job, head.get(), next.apply(head.get()), now)
                                .map(Optional::of)));
    }

    private static Future<LogWrite> write(SqlConnection tx, Job job, LogHead head, LogWrite w, OffsetDateTime now) {
        if (w.taken() == head.linesTaken() && w.logs().isEmpty()) {
            return Future.succeededFuture(w);
        }
        var taken = List.of(new TakenRow(job.id(), job.lease(), w.taken()));
        return RecordStore.write(tx, w.logs(), w.metrics(), JobRecorder.latest(w.metrics()), taken, now)
                .compose(done -> Objects.equals(w.stopLine(), head.stopLine())
                        ? Future.succeededFuture()
                        : tx.preparedQuery(STOP_LINE).execute(Tuple.of(job.id(), job.lease(), w.stopLine())))
                .map(done -> w);
    }

    Future<List<Job>> ofWorker(String worker) {
        return database.pool()
                .preparedQuery(OF_WORKER)
                .execute(Tuple.of(worker))
                .map(JobRows::all);
    }

    /** The job, if this worker holds it under this lease and belongs to this account. */
    Future<Optional<Job>> held(UUID jobId, long lease, String worker, UUID owner) {
        return database.pool()
                .preparedQuery(HELD)
                .execute(Tuple.of(jobId, lease, worker, owner))
                .map(JobRows::first);
    }

    /** The job, if some worker of this account holds it under this lease. */
    Future<Optional<Job>> held(UUID jobId, long lease, UUID owner) {
        return database.pool()
                .preparedQuery(HELD_BY_OWNER)
                .execute(Tuple.of(jobId, lease, owner))
                .map(JobRows::first);
    }

    /** Those of these workers for which there may be an order. */
    Future<Set<String>> withNews(Collection<String> workers) {
        return database.pool()
                .preparedQuery(WITH_NEWS)
                .execute(Tuple.tuple().addArrayOfString(workers.toArray(new String[0])))
                .map(rows -> {
                    Set<String> names = new HashSet<>();
                    rows.forEach(row -> names.add(row.getString(0)));
                    return names;
                });
    }

    /** Nobody else appends to it until the transaction ends; empty when another has the lease. */
    private static Future<Optional<LogHead>> logHead(SqlConnection tx, UUID jobId, long lease) {
        return tx.preparedQuery(LOG_HEAD)
                .execute(Tuple.of(jobId, lease))
                .map(rows -> rows.size() == 0
                        ? Optional.empty()
                        : Optional.of(rows.iterator().next())
                                .map(r -> new LogHead(r.getLong(0), r.getString(1), r.getLong(2))));
    }

    Future<Optional<String>> stopLine(UUID jobId, long lease) {
        return database.pool()
                .preparedQuery(GET_STOP_LINE)
                .execute(Tuple.of(jobId, lease))
                .map(rows -> rows.size() == 0
                        ? Optional.empty()
                        : Optional.ofNullable(rows.iterator().next().getString(0)));
    }

    Future<List<Use>> uncharged(Duration lease, int max) {
        return database.pool()
                .preparedQuery(UNCHARGED)
                .execute(Tuple.of(lease.toMillis(), max))
                .map(rows -> {
                    var uses = new ArrayList<Use>(rows.size());
                    for (Row row : rows) {
                        uses.add(new Use(
                                JobRows.map(row),
                                row.getOffsetDateTime("charged_until"),
                                row.getOffsetDateTime("last_beat")));
                    }
                    return uses;
                });
    }
}
