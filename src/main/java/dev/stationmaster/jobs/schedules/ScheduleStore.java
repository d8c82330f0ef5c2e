package dev.stationmaster.jobs.schedules;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** SQL of schedules. */
public final class ScheduleStore {
    private static final String PAGE = """
            SELECT * FROM schedules WHERE ($1::uuid IS NULL OR id > $1) AND ($2::bigint IS NULL OR agent_id = $2)
            ORDER BY id LIMIT $3""";
    private static final String BY_ID = "SELECT * FROM schedules WHERE id = $1";
    private static final String INSERT = """
            INSERT INTO schedules (id, name, owner_id, owner, agent_id, cron, time_zone, job, missed, enabled, next_run_at,
              created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
            ON CONFLICT (owner_id, name) DO NOTHING RETURNING *""";
    private static final String UPDATE = """
            UPDATE schedules SET agent_id = $2, cron = $3, time_zone = $4, job = $5, missed = $6, enabled = $7,
              next_run_at = $8, updated_at = $9, version = version + 1
            WHERE id = $1 AND version = $10 RETURNING *""";
    private static final String DELETE = "DELETE FROM schedules WHERE id = $1 RETURNING *";
    private static final String DUE =
            "SELECT * FROM schedules WHERE enabled AND next_run_at <= $1 ORDER BY next_run_at LIMIT $2";
    /** Guarded by the time it was due: who was slower changes nothing. */
    private static final String RAN = """
            UPDATE schedules SET next_run_at = coalesce($3, next_run_at), enabled = enabled AND $3::timestamptz IS NOT NULL,
              last_run_at = CASE WHEN $4::uuid IS NULL AND $5::text IS NULL THEN last_run_at ELSE $2 END,
              last_job_id = coalesce($4, last_job_id), last_error = $5
            WHERE id = $1 AND next_run_at = $2""";

    private final Database database;
    private final AuditTrail audit;

    public ScheduleStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    Future<List<Schedule>> page(@Nullable UUID after, @Nullable Long agentId, int rows) {
        return database.pool()
                .preparedQuery(PAGE)
                .execute(Tuple.tuple().addUUID(after).addLong(agentId).addInteger(rows))
                .map(ScheduleStore::map);
    }

    Future<Optional<Schedule>> find(UUID id) {
        return database.pool().preparedQuery(BY_ID).execute(Tuple.of(id)).map(ScheduleStore::first);
    }

    /** Empty when the owner has one of that name. */
    Future<Optional<Schedule>> insert(Schedule s, AuditEntry entry) {
        Tuple tuple = Tuple.of(s.id(), s.name(), s.ownerId(), s.owner(), s.agentId(), s.cron())
                .addString(s.timeZone())
                .addJsonObject(s.job())
                .addString(missed(s))
                .addBoolean(s.enabled())
                .addOffsetDateTime(s.nextRunAt())
                .addOffsetDateTime(s.createdAt());
        return written(INSERT, tuple, entry);
    }

    /** Empty when it was changed meanwhile. */
    Future<Optional<Schedule>> update(Schedule s, AuditEntry entry) {
        Tuple tuple = Tuple.of(s.id(), s.agentId(), s.cron(), s.timeZone(), s.job(), missed(s))
                .addBoolean(s.enabled())
                .addOffsetDateTime(s.nextRunAt())
                .addOffsetDateTime(s.updatedAt())
                .addLong(s.version());
        return written(UPDATE, tuple, entry);
    }

    Future<Optional<Schedule>> delete(UUID id, AuditEntry entry) {
        return written(DELETE, Tuple.of(id), entry);
    }

    private Future<Optional<Schedule>> written(String sql, Tuple tuple, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(sql)
                .execute(tuple)
                .map(ScheduleStore::first)
                .compose(done -> done.isEmpty()
                        ? Future.succeededFuture(done)
                        : audit.append(tx, entry).map(done)));
    }

    Future<List<Schedule>> due(OffsetDateTime now, int max) {
        return database.pool().preparedQuery(DUE).execute(Tuple.of(now, max)).map(ScheduleStore::map);
    }

    /** Writes what became of a due time; with neither job nor error it was skipped. Without a next time it is switched off. */
    Future<Void> ran(Schedule s, @Nullable OffsetDateTime next, @Nullable UUID jobId, @Nullable String error) {
        return database.pool()
                .preparedQuery(RAN)
                .execute(Tuple.of(s.id(), s.nextRunAt())
                        .addOffsetDateTime(next)
                        .addUUID(jobId)
                        .addString(error))
                .mapEmpty();
    }

    private static String missed(Schedule s) {
        return s.runsMissed() ? "run_once" : "skip";
    }

    private static Optional<Schedule> first(RowSet<Row> rows) {
        return map(rows).stream().findFirst();
    }

    private static List<Schedule> map(RowSet<Row> rows) {
        var schedules = new ArrayList<Schedule>(rows.size());
        rows.forEach(r -> schedules.add(new Schedule(
                r.getUUID("id"),
                r.getString("name"),
                r.getUUID("owner_id"),
                r.getString("owner"),
                r.getLong("agent_id"),
                r.getString("cron"),
                r.getString("time_zone"),
                r.getJsonObject("job"),
                "run_once".equals(r.getString("missed")),
                r.getBoolean("enabled"),
                r.getOffsetDateTime("next_run_at"),
                r.getOffsetDateTime("last_run_at"),
                r.getUUID("last_job_id"),
                r.getString("last_error"),
                r.getLong("version"),
                r.getOffsetDateTime("created_at"),
                r.getOffsetDateTime("updated_at"))));
        return schedules;
    }
}
