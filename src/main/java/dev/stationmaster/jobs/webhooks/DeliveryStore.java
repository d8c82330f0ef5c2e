package dev.stationmaster.jobs.webhooks;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** SQL of deliveries. */
final class DeliveryStore {
    private static final String PAGE = """
            SELECT * FROM webhook_deliveries WHERE webhook_id = $1 AND ($2::uuid IS NULL OR id < $2)
            ORDER BY id DESC LIMIT $3""";
    private static final String INSERT_TEST = """
            INSERT INTO webhook_deliveries (id, webhook_id, lane, ord, event, body, next_at, created_at, queued_at)
            VALUES ($1, $2, $1, 0, $3, $4, $5, $5, $5) RETURNING *""";
    private static final String AGAIN = """
            UPDATE webhook_deliveries SET state = 'pending', tries = 0, next_at = $3, queued_at = $3, finished_at = NULL
            WHERE id = $1 AND webhook_id = $2 AND state <> 'pending' RETURNING *""";
    private static final String EXISTS = "SELECT * FROM webhook_deliveries WHERE id = $1 AND webhook_id = $2";
    /** Of each lane only the first that waits, so that what is behind it does not overtake. */
    private static final String DUE = """
            SELECT d.id, d.webhook_id, d.body, d.tries, d.queued_at, w.url, w.failing_since, w.sealed_secret,
              CASE WHEN w.previous_until > $1 THEN w.sealed_previous END AS sealed_previous
            FROM webhooks w
            CROSS JOIN LATERAL (
              SELECT h.id, h.next_at, h.ord FROM (
                SELECT DISTINCT ON (lane) id, next_at, ord FROM webhook_deliveries
                WHERE webhook_id = w.id AND state = 'pending' ORDER BY lane, ord) h
              WHERE h.next_at <= $1 AND h.id <> ALL($2) ORDER BY h.next_at, h.ord LIMIT $3) h
            JOIN webhook_deliveries d ON d.id = h.id
            WHERE w.enabled ORDER BY h.next_at, h.ord""";

    private static final String RECORD = """
            WITH done AS (
              UPDATE webhook_deliveries d SET state = u.state, tries = tries + 1, status_code = u.status, error = u.error,
                next_at = u.next_at, finished_at = CASE WHEN u.state <> 'pending' THEN $6::timestamptz END
              FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::timestamptz[]) AS u(id, state, status, error, next_at)
              WHERE d.id = u.id AND d.state = 'pending' RETURNING d.webhook_id, d.error IS NULL AS taken
            )
            UPDATE webhooks w SET failing_since = CASE WHEN NOT s.taken THEN coalesce(w.failing_since, $6) END
            FROM (SELECT webhook_id, bool_or(taken) AS taken FROM done GROUP BY 1) s
            WHERE w.id = s.webhook_id RETURNING w.id, w.failing_since""";
    private static final String OVERFULL = """
            SELECT webhook_id FROM webhook_deliveries WHERE state = 'pending' GROUP BY 1 HAVING count(*) > $1""";
    private static final String FORGET = """
            DELETE FROM webhook_deliveries d USING (
              SELECT id, row_number() OVER (PARTITION BY webhook_id ORDER BY id DESC) AS n
              FROM webhook_deliveries WHERE state <> 'pending') o
            WHERE d.id = o.id AND d.state <> 'pending' AND (o.n > $1 OR d.finished_at < $2)""";

    private final Database database;
    private final AuditTrail audit;

    DeliveryStore(Database database, AuditTrail audit) {
        this.database = database;
        this.audit = audit;
    }

    /** Newest first. */
    Future<List<Delivery>> page(UUID webhook, @Nullable UUID before, int rows) {
        return database.pool()
                .preparedQuery(PAGE)
                .execute(Tuple.of(webhook).addUUID(before).addInteger(rows))
                .map(found -> list(found, DeliveryStore::map));
    }

    Future<Delivery> insertTest(
            UUID id, UUID webhook, String event, String body, OffsetDateTime now, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(INSERT_TEST)
                .execute(Tuple.of(id, webhook, event, body, now))
                .map(rows -> map(rows.iterator().next()))
                .compose(made -> audit.append(tx, entry).map(made)));
    }

    Future<Optional<Delivery>> find(UUID id, UUID webhook) {
        return database.pool()
                .preparedQuery(EXISTS)
                .execute(Tuple.of(id, webhook))
                .map(rows -> list(rows, DeliveryStore::map).stream().findFirst());
    }

    /** Empty when it is not there or still waits. */
    Future<Optional<Delivery>> again(UUID id, UUID webhook, OffsetDateTime now, AuditEntry entry) {
        return database.inTransaction(tx -> tx.preparedQuery(AGAIN)
                .execute(Tuple.of(id, webhook, now))
                .map(rows -> list(rows, DeliveryStore::map).stream().findFirst())
                .compose(found -> found.isEmpty()
                        ? Future.succeededFuture(found)
                        : audit.append(tx, entry).map(found)));
    }

    /** What may be sent now, at most so many for each webhook; without those that are on their way. */
    Future<List<DueDelivery>> due(OffsetDateTime now, Set<UUID> underWay, int each) {
        return database.pool()
                .preparedQuery(DUE)
                .execute(Tuple.tuple()
                        .addOffsetDateTime(now)
                        .addArrayOfUUID(underWay.toArray(new UUID[0]))
                        .addInteger(each))
                .map(rows -> list(rows, DeliveryStore::due));
    }

    /** @param state pending: it is tried again at {@code nextAt} */
    record Result(UUID id, String state, Outcome outcome, OffsetDateTime nextAt) {}

    /** A webhook and since when it only fails; null: it does not. */
    record Failing(UUID webhookId, @Nullable OffsetDateTime since) {}

    /** Writes what became of some tries; answers how their webhooks stand. */
    Future<List<Failing>> record(List<Result> results, OffsetDateTime now) {
        return database.pool()
                .preparedQuery(RECORD)
                .execute(Tuple.tuple()
                        .addArrayOfUUID(column(results, Result::id, new UUID[0]))
                        .addArrayOfString(column(results, Result::state, new String[0]))
                        .addArrayOfInteger(column(results, r -> r.outcome().statusCode(), new Integer[0]))
                        .addArrayOfString(column(results, r -> r.outcome().error(), new String[0]))
                        .addArrayOfOffsetDateTime(column(results, Result::nextAt, new OffsetDateTime[0]))
                        .addOffsetDateTime(now))
                .map(rows -> list(rows, row -> new Failing(row.getUUID(0), row.getOffsetDateTime(1))));
    }

    /** Webhooks for which more than {@code most} wait. */
    Future<List<UUID>> overfull(int most) {
        return database.pool()
                .preparedQuery(OVERFULL)
                .execute(Tuple.of(most))
                .map(rows -> list(rows, row -> row.getUUID(0)));
    }

    /** Keeps the newest of each webhook, and none for longer. */
    Future<Integer> forget(int keep, OffsetDateTime before) {
        return database.pool()
                .preparedQuery(FORGET)
                .execute(Tuple.of(keep, before))
                .map(done -> done.rowCount());
    }

    private static <R> List<R> list(Iterable<Row> rows, Function<Row, R> map) {
        var list = new ArrayList<R>();
        rows.forEach(row -> list.add(map.apply(row)));
        return list;
    }

    private static <R> R[] column(List<Result> results, Function<Result, @Nullable R> field, R[] type) {
        return results.stream().map(field).toList().toArray(type);
    }

    private static DueDelivery due(Row row) {
        return new DueDelivery(
                row.getUUID("id"),
                row.getUUID("webhook_id"),
                row.getString("url"),
                row.getString("body"),
                row.getInteger("tries"),
                row.getOffsetDateTime("queued_at"),
                row.getOffsetDateTime("failing_since") != null,
                row.getBuffer("sealed_secret"),
                row.getBuffer("sealed_previous"));
    }

    private static Delivery map(Row row) {
        return new Delivery(
                row.getUUID("id"),
                row.getUUID("webhook_id"),
                row.getUUID("job_id"),
                row.getString("event"),
                row.getString("state"),
                row.getInteger("tries"),
                row.getOffsetDateTime("next_at"),
                row.getInteger("status_code"),
                row.getString("error"),
                row.getOffsetDateTime("created_at"),
                row.getOffsetDateTime("finished_at"));
    }
}
