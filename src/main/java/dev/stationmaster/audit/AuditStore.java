package dev.stationmaster.audit;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.Database;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** SQL that reads the audit log; only {@code AuditTrail} writes it. */
final class AuditStore {
    /** JSON as the text that was hashed. */
    private static final String SELECT = """
            SELECT seq, at, actor, action, target, before::text AS before, after::text AS after, request_id, hash
            FROM audit_log""";

    private static final String PAGE = SELECT + """
             WHERE ($1::bigint IS NULL OR seq < $1) AND ($2::text IS NULL OR actor = $2)
              AND ($3::text IS NULL OR action = $3) AND ($4::text IS NULL OR target = $4)
            ORDER BY seq DESC LIMIT $5""";
    private static final String CHAIN = SELECT + " WHERE seq > $1 ORDER BY seq LIMIT $2";
    private static final String HEAD = "SELECT seq, hash FROM audit_head";
    private static final String SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";

    /** Which entries to list; null means any. */
    record Filter(
            @Nullable String actor,
            @Nullable String action,
            @Nullable String target) {}

    /** Where the chain ends, as the writers left it; the hash in hex. */
    record Head(long seq, String hash) {}

    private final Database database;

    AuditStore(Database database) {
        this.database = database;
    }

    /** Newest first. */
    Future<List<AuditRecord>> page(Filter filter, @Nullable Long beforeSeq, int rows) {
        return database.pool()
                .preparedQuery(PAGE)
                .execute(Tuple.tuple()
                        .addLong(beforeSeq)
                        .addString(filter.actor())
                        .addString(filter.action())
                        .addString(filter.target())
                        .addInteger(rows))
                .map(AuditStore::records);
    }

    /**
     * Reads the whole chain on one snapshot, oldest first and a page at a time, until {@code wantsMore} says no or it
     * ends. Returns the head as of that snapshot.
     */
    Future<Optional<Head>> read(int pageRows, Predicate<List<AuditRecord>> wantsMore) {
        return database.inTransaction(tx -> tx.query(SNAPSHOT)
                .execute()
                .compose(done -> readAfter(tx, Long.MIN_VALUE, pageRows, wantsMore))
                .compose(done -> head(tx)));
    }

    private static Future<Void> readAfter(
            SqlConnection tx, long seq, int pageRows, Predicate<List<AuditRecord>> wantsMore) {
        return tx.preparedQuery(CHAIN)
                .execute(Tuple.of(seq, pageRows))
                .map(AuditStore::records)
                .compose(page -> wantsMore.test(page) && page.size() == pageRows
                        ? readAfter(tx, page.get(pageRows - 1).seq(), pageRows, wantsMore)
                        : Future.succeededFuture());
    }

    private static Future<Optional<Head>> head(SqlConnection tx) {
        return tx.query(HEAD).execute().map(rows -> {
            if (rows.size() == 0) {
                return Optional.empty();
            }
            Row row = rows.iterator().next();
            return Optional.of(new Head(row.getLong(0), hex(row.getBuffer(1))));
        });
    }

    private static List<AuditRecord> records(RowSet<Row> rows) {
        var records = new ArrayList<AuditRecord>(rows.size());
        for (Row row : rows) {
            var entry = new AuditEntry(
                    row.getString("actor"),
                    row.getString("action"),
                    row.getString("target"),
                    row.getString("before"),
                    row.getString("after"),
                    row.getString("request_id"));
            records.add(new AuditRecord(
                    row.getLong("seq"), row.getOffsetDateTime("at"), entry, hex(row.getBuffer("hash"))));
        }
        return records;
    }

    private static String hex(Buffer hash) {
        return HexFormat.of().formatHex(hash.getBytes());
    }
}
