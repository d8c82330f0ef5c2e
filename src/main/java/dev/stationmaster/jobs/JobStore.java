package dev.stationmaster.jobs;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** SQL that reads jobs and what belongs to them. */
final class JobStore {
    private static final String BY_ID = "SELECT * FROM jobs WHERE id = $1";
    private static final String PAGE = """
            SELECT * FROM jobs WHERE ($1::bigint IS NULL OR seq < $1) AND ($2::text[] IS NULL OR state = ANY($2))
              AND ($3::bigint IS NULL OR agent_id = $3) AND ($4::text IS NULL OR owner = $4)
              AND ($6::text IS NULL OR queue = $6) AND ($7::text IS NULL OR kind = $7)
            ORDER BY seq DESC LIMIT $5""";
    private static final String MATCHING = """
            SELECT id FROM jobs WHERE ($1::text[] IS NULL OR state = ANY($1)) AND ($2::bigint IS NULL OR agent_id = $2)
              AND ($3::text IS NULL OR owner = $3) AND ($4::text IS NULL OR queue = $4) AND kind = 'job'
            ORDER BY seq DESC LIMIT $5""";
    private static final String UNFINISHED = """
            SELECT * FROM jobs WHERE finished_at IS NULL AND ($1::bigint IS NULL OR agent_id = $1)
            ORDER BY seq DESC LIMIT $2""";
    private static final String COUNT_ACTIVE = """
            SELECT count(*) FROM jobs WHERE finished_at IS NULL
              AND ($1::bigint IS NULL OR agent_id = $1) AND ($2::uuid IS NULL OR owner_id = $2)""";
    private static final String COUNT_BY_STATE = "SELECT state, count(*) FROM jobs GROUP BY state";
    private static final String POSITION = """
            SELECT count(*) + 1 FROM jobs WHERE state = 'queued' AND runner = $1
              AND (priority > $2 OR (priority = $2 AND seq < $3))""";
    private static final String COUNT_UNFINISHED =
            "SELECT state, count(*) FROM jobs WHERE finished_at IS NULL GROUP BY state";
    private static final String OLDEST_QUEUED = "SELECT min(queued_at) FROM jobs WHERE state = 'queued'";
    private static final String EVENTS = """
            SELECT seq, at, kind, state, reason, message, attempt FROM job_events
            WHERE job_id = $1 AND ($2::bigint IS NULL OR seq > $2) ORDER BY seq LIMIT $3""";
    private static final String LATEST_EVENTS = """
            SELECT e.at, e.kind, e.state, e.reason, e.message, e.job_id, e.agent_id, j.name FROM job_events e
            JOIN jobs j ON j.id = e.job_id WHERE e.at > $1 ORDER BY e.at DESC LIMIT $2""";
    private static final String METRICS = """
            SELECT seq, at, attempt, step, total_steps, metrics FROM job_metrics
            WHERE job_id = $1 AND ($2::bigint IS NULL OR seq > $2) ORDER BY seq LIMIT $3""";
    private static final String ATTEMPTS = "SELECT * FROM job_attempts WHERE job_id = $1 ORDER BY lease";
    private static final String LOGS = """
            SELECT start_offset, text FROM job_logs WHERE job_id = $1 AND end_offset > $2 ORDER BY start_offset LIMIT $3""";
    private static final String ADD_EVENT = """
            INSERT INTO job_events (job_id, at, kind, reason, message, attempt, agent_id)
            SELECT id, $2, $3, $4, $5, attempt, agent_id FROM jobs WHERE id = $1""";

    /** A piece of log with the byte offset of its first character. */
    record LogPiece(long offset, String text) {}

    private final Database database;
    private final AuditTrail audit;

    JobStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    /** Runs a change and writes its audit entry in one transaction; no entry when the change found nothing to do. */
    <T> Future<Optional<T>> audited(
            Function<SqlConnection, Future<Optional<T>>> change, Function<T, AuditEntry> entry) {
        return database.inTransaction(tx -> change.apply(tx)
                .compose(changed -> changed.isEmpty()
                        ? Future.succeededFuture(changed)
                        : audit.append(tx, entry.apply(changed.get())).map(changed)));
    }

    /** Ids of the newest jobs that fit all that is given. */
    Future<List<UUID>> matching(
            String @Nullable [] states,
            @Nullable Long agentId,
            @Nullable String owner,
            @Nullable String queue,
            int max) {
        return database.pool()
                .preparedQuery(MATCHING)
                .execute(Tuple.tuple()
                        .addArrayOfString(states)
                        .addLong(agentId)
                        .addString(owner)
                        .addString(queue)
                        .addInteger(max))
                .map(rows -> {
                    var ids = new ArrayList<UUID>(rows.size());
                    rows.forEach(row -> ids.add(row.getUUID(0)));
                    return ids;
                });
    }

    /** Notes a change that is no row. */
    Future<Void> audited(AuditEntry entry) {
        return database.inTransaction(tx -> audit.append(tx, entry));
    }

    Future<Optional<Job>> byId(UUID id) {
        return database.pool().preparedQuery(BY_ID).execute(Tuple.of(id)).map(JobRows::first);
    }

    Future<List<Job>> page(
            @Nullable Long before,
            String @Nullable [] states,
            @Nullable Long agentId,
            @Nullable String owner,
            @Nullable String queue,
            @Nullable String kind,
            int rows) {
        return database.pool()
                .preparedQuery(PAGE)
                .execute(Tuple.tuple()
                        .addLong(before)
                        .addArrayOfString(states)
                        .addLong(agentId)
                        .addString(owner)
                        .addInteger(rows)
                        .addString(queue)
                        .addString(kind))
                .map(JobRows::all);
    }

    /** Newest first; null filters mean any. */
    Future<List<Job>> newest(boolean unfinishedOnly, @Nullable Long agentId, @Nullable String owner, int rows) {
        String[] states = JobState.all().stream()
                .filter(state -> !unfinishedOnly || !state.isFinal())
                .map(JobState::wireName)
                .toArray(String[]::new);
        return page(null, unfinishedOnly ? states : null, agentId, owner, null, null, rows);
    }

    Future<List<Job>> unfinished(@Nullable Long agentId, int rows) {
        return database.pool()
                .preparedQuery(UNFINISHED)
                .execute(Tuple.tuple().addLong(agentId).addInteger(rows))
                .map(JobRows::all);
    }

    Future<Long> countActive(@Nullable Long agentId, @Nullable UUID ownerId) {
        return database.pool()
                .preparedQuery(COUNT_ACTIVE)
                .execute(Tuple.tuple().addLong(agentId).addUUID(ownerId))
                .map(rows -> rows.iterator().next().getLong(0));
    }

    Future<Map<String, Long>> countByState() {
        return database.pool().query(COUNT_BY_STATE).execute().map(rows -> {
            var counts = new LinkedHashMap<String, Long>();
            JobState.all().forEach(state -> counts.put(state.wireName(), 0L));
            rows.forEach(row -> counts.put(row.getString(0), row.getLong(1)));
            return counts;
        });
    }

    /** 1 is next. */
    Future<@Nullable Long> positionOf(Job job) {
        return database.pool()
                .preparedQuery(POSITION)
                .execute(Tuple.of(job.runner(), job.priority(), job.seq()))
                .map(rows -> rows.iterator().next().getLong(0));
    }

    Future<Map<String, Long>> countUnfinished() {
        return database.pool().query(COUNT_UNFINISHED).execute().map(rows -> {
            var counts = new LinkedHashMap<String, Long>();
            rows.forEach(row -> counts.put(row.getString(0), row.getLong(1)));
            return counts;
        });
    }

    Future<@Nullable OffsetDateTime> oldestQueued() {
        return database.pool().query(OLDEST_QUEUED).execute().map(rows -> rows.iterator()
                .next()
                .getOffsetDateTime(0));
    }

    Future<List<JobEvent>> events(UUID id, @Nullable Long after, int rows) {
        return list(EVENTS, Tuple.of(id).addLong(after).addInteger(rows), JobRows::event);
    }

    Future<List<LatestEvent>> latestEvents(OffsetDateTime since, int rows) {
        return list(LATEST_EVENTS, Tuple.of(since, rows), JobRows::latestEvent);
    }

    Future<List<MetricPoint>> metrics(UUID id, @Nullable Long after, int rows) {
        return list(METRICS, Tuple.of(id).addLong(after).addInteger(rows), JobRows::metric);
    }

    Future<List<AttemptView>> attempts(UUID id) {
        return list(ATTEMPTS, Tuple.of(id), JobRows::attempt);
    }

    private <T> Future<List<T>> list(String sql, Tuple tuple, Function<Row, T> map) {
        return database.pool().preparedQuery(sql).execute(tuple).map(result -> {
            var list = new ArrayList<T>(result.size());
            result.forEach(row -> list.add(map.apply(row)));
            return list;
        });
    }

    /** Pieces that hold anything beyond {@code offset}, in order. */
    Future<List<LogPiece>> logs(UUID id, long offset, int pieces) {
        return list(LOGS, Tuple.of(id, offset, pieces), row -> new LogPiece(row.getLong(0), row.getString(1)));
    }

    Future<Void> addEvent(UUID id, OffsetDateTime at, String kind, @Nullable String reason, String message) {
        return database.pool()
                .preparedQuery(ADD_EVENT)
                .execute(Tuple.of(id, at, kind).addString(reason).addString(message))
                .mapEmpty();
    }

    /** For audit entries. */
    static String brief(Job job) {
        return new JsonObject()
                .put("name", job.name())
                .put("agent_id", job.agentId())
                .put("state", job.state().wireName())
                .put("priority", job.priority())
                .encode();
    }
}
