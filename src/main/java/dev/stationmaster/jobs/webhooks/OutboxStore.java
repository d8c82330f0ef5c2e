package dev.stationmaster.jobs.webhooks;

import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * SQL that makes deliveries of the events of jobs, each event once. It goes through the events by (transaction, number),
 * never beyond the oldest transaction in progress: what is below can't grow any more.
 */
final class OutboxStore {
    /** So many events in one go. */
    static final int BATCH = 500;

    private static final String CURSOR = """
            SELECT tx, seq, at, txid_snapshot_xmin(txid_current_snapshot()) AS complete FROM webhook_cursor FOR UPDATE""";
    /** The time only spares a look at old partitions; two days is more than clocks may differ and transactions last. */
    private static final String EVENTS = """
            SELECT e.tx, e.seq, e.job_id, e.at, e.state, e.reason, e.message, e.attempt, e.agent_id, j.name, j.owner, j.queue,
              j.agent_name, j.priority, j.labels, w.id AS webhook_id
            FROM (SELECT * FROM job_events WHERE at > $1::timestamptz - interval '2 days' AND tx >= $2 AND (tx, seq) > ($2, $3)
                    AND tx < $4 AND kind = 'state' ORDER BY tx, seq LIMIT $5) e
            JOIN jobs j ON j.id = e.job_id
            LEFT JOIN webhooks w ON w.enabled AND e.tx > w.since_tx AND e.state = ANY(w.events)
              AND (w.queue IS NULL OR w.queue = j.queue) AND (w.agent_id IS NULL OR w.agent_id = e.agent_id)
              AND (w.job_owner IS NULL OR w.job_owner = j.owner)
            ORDER BY e.tx, e.seq""";

    private static final String INSERT = """
            INSERT INTO webhook_deliveries (id, webhook_id, lane, ord, job_id, event, body, next_at, created_at, queued_at)
            SELECT id, webhook_id, job_id, ord, job_id, event, body, $7, $7, $7
            FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::text[])
              AS u(id, webhook_id, job_id, ord, event, body)""";
    private static final String MOVE = "UPDATE webhook_cursor SET tx = $1, seq = $2, at = $3";

    private record Message(UUID webhookId, UUID jobId, long seq, String event, String body) {}

    private final Database database;

    OutboxStore(Database database) {
        this.database = database;
    }

    /**
     * What one go did.
     *
     * @param more whether there may be more at once
     */
    record Transferred(int deliveries, boolean more) {}

    Future<Transferred> transfer(OffsetDateTime now) {
        return database.inTransaction(tx -> tx.preparedQuery(CURSOR).execute().compose(rows -> {
            Row cursor = rows.iterator().next();
            long complete = cursor.getLong("complete");
            return tx.preparedQuery(EVENTS)
                    .execute(Tuple.of(
                            cursor.getOffsetDateTime("at"),
                            cursor.getLong("tx"),
                            cursor.getLong("seq"),
                            complete,
                            BATCH))
                    .compose(events -> deliver(tx, events, now)
                            .compose(made -> move(tx, events, complete, now).map(more -> new Transferred(made, more))));
        }));
    }

    private static Future<Integer> deliver(SqlConnection tx, RowSet<Row> events, OffsetDateTime now) {
        var messages = new ArrayList<Message>();
        for (Row row : events) {
            UUID webhook = row.getUUID("webhook_id");
            if (webhook != null) {
                messages.add(new Message(
                        webhook,
                        row.getUUID("job_id"),
                        row.getLong("seq"),
                        "job." + row.getString("state"),
                        body(row)));
            }
        }
        return messages.isEmpty()
                ? Future.succeededFuture(0)
                : tx.preparedQuery(INSERT).execute(columns(messages, now)).map(messages.size());
    }

    private static Tuple columns(List<Message> m, OffsetDateTime now) {
        return Tuple.tuple()
                .addArrayOfUUID(m.stream().map(x -> Ids.next()).toArray(UUID[]::new))
                .addArrayOfUUID(m.stream().map(Message::webhookId).toArray(UUID[]::new))
                .addArrayOfUUID(m.stream().map(Message::jobId).toArray(UUID[]::new))
                .addArrayOfLong(m.stream().map(Message::seq).toArray(Long[]::new))
                .addArrayOfString(m.stream().map(Message::event).toArray(String[]::new))
                .addArrayOfString(m.stream().map(Message::body).toArray(String[]::new))
                .addOffsetDateTime(now);
    }

    private static String body(Row row) {
        return new JsonObject()
                .put("type", "job." + row.getString("state"))
                .put("timestamp", Times.iso(row.getOffsetDateTime("at")))
                .put(
                        "data",
                        new JsonObject()
                                .put("job_id", row.getUUID("job_id").toString())
                                .put("name", row.getString("name"))
                                .put("state", row.getString("state"))
                                .put("reason", row.getString("reason"))
                                .put("message", row.getString("message"))
                                .put("attempt", row.getInteger("attempt"))
                                .put("agent_id", row.getLong("agent_id"))
                                .put("agent_name", row.getString("agent_name"))
                                .put("owner", row.getString("owner"))
                                .put("queue", row.getString("queue"))
                                .put("priority", row.getInteger("priority"))
                                .put("labels", row.getJsonObject("labels")))
                .encode();
    }

    private static Future<Boolean> move(SqlConnection tx, RowSet<Row> events, long complete, OffsetDateTime now) {
        @Nullable Row last = null;
        var numbers = new HashSet<Long>();
        for (Row row : events) {
            last = row;
            numbers.add(row.getLong("seq"));
        }
        boolean more = numbers.size() == BATCH;
        // all that is complete was seen: the next look begins where that ends
        long at = more && last != null ? last.getLong("tx") : complete - 1;
        long seq = more && last != null ? last.getLong("seq") : Long.MAX_VALUE;
        return tx.preparedQuery(MOVE).execute(Tuple.of(at, seq, now)).map(more);
    }
}
