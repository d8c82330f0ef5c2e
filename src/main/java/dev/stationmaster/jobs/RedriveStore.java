package dev.stationmaster.jobs;

import dev.stationmaster.platform.db.AuditEntry;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * SQL that closes dead letters by the jobs that take their place. It runs in the transaction that writes these jobs: both
 * happen or neither, whenever a server dies, and of two who redrive one letter at once the second finds it closed.
 */
final class RedriveStore {
    /** In the order of their ids, so that two transactions never wait for each other. */
    private static final String LOCK = """
            SELECT id, letter_closed_at IS NULL, redriven_as FROM jobs WHERE id = ANY($1) AND state = 'failed'
            ORDER BY id FOR UPDATE""";

    private static final String CLOSE = """
            WITH closed AS (
              UPDATE jobs j SET letter_closed_at = $3, redriven_as = u.redriven_as
              FROM unnest($1::uuid[], $2::uuid[]) AS u(id, redriven_as) WHERE j.id = u.id
              RETURNING j.id, j.redriven_as, j.attempt, j.agent_id
            )
            INSERT INTO job_events (job_id, at, kind, message, attempt, agent_id)
            SELECT id, $3, 'dead_letter_redriven', 'It was submitted again as job ' || redriven_as || '.', attempt, agent_id
            FROM closed""";

    /** @param redrivenAs null: it was discarded */
    record Closed(@Nullable UUID redrivenAs) {}

    /**
     * @param closed by new job: its letter was closed before, so it must not be written
     * @param entries for the audit log, of the letters that are closed now
     */
    record Letters(Map<UUID, Closed> closed, List<AuditEntry> entries) {
        static final Letters NONE = new Letters(Map.of(), List.of());
    }

    /** Closes the open letters of the jobs that these are repetitions of. */
    Future<Letters> close(SqlConnection tx, List<NewJob> jobs) {
        List<NewJob> again =
                jobs.stream().filter(job -> job.retriedFrom() != null).toList();
        if (again.isEmpty()) {
            return Future.succeededFuture(Letters.NONE);
        }
        UUID[] old = again.stream().map(NewJob::retriedFrom).distinct().toArray(UUID[]::new);
        return tx.preparedQuery(LOCK)
                .execute(Tuple.tuple().addArrayOfUUID(old))
                .compose(rows -> close(tx, again, rows));
    }

    private static Future<Letters> close(SqlConnection tx, List<NewJob> again, Iterable<Row> rows) {
        Map<UUID, Closed> closedBefore = new HashMap<>();
        Set<UUID> open = new HashSet<>();
        for (Row row : rows) {
            if (row.getBoolean(1)) {
                open.add(row.getUUID(0));
            } else {
                closedBefore.put(row.getUUID(0), new Closed(row.getUUID(2)));
            }
        }
        Map<UUID, NewJob> closing = new LinkedHashMap<>();
        Map<UUID, Closed> refused = new HashMap<>();
        for (NewJob job : again) {
            UUID old = job.retriedFrom();
            if (old != null && open.remove(old)) {
                closing.put(old, job);
                closedBefore.put(old, new Closed(job.id()));
            } else if (job.redrive()) {
                refused.put(job.id(), closedBefore.getOrDefault(old, new Closed(null)));
            }
        }
        return write(tx, closing, again.get(0).now()).map(done -> new Letters(refused, entries(closing)));
    }

    private static Future<Void> write(SqlConnection tx, Map<UUID, NewJob> closing, OffsetDateTime now) {
        return closing.isEmpty()
                ? Future.succeededFuture()
                : tx.preparedQuery(CLOSE)
                        .execute(Tuple.tuple()
                                .addArrayOfUUID(closing.keySet().toArray(new UUID[0]))
                                .addArrayOfUUID(closing.values().stream()
                                        .map(NewJob::id)
                                        .toArray(UUID[]::new))
                                .addOffsetDateTime(now))
                        .mapEmpty();
    }

    private static List<AuditEntry> entries(Map<UUID, NewJob> closing) {
        var entries = new ArrayList<AuditEntry>(closing.size());
        closing.forEach((old, job) -> entries.add(new AuditEntry(
                job.caller().actor(),
                "dead_letter.redrive",
                "job/" + old,
                null,
                new JsonObject().put("redriven_as", job.id().toString()).encode(),
                job.caller().requestId())));
        return entries;
    }
}
