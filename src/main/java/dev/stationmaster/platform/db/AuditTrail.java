package dev.stationmaster.platform.db;

import dev.stationmaster.platform.security.Hash;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Appends to the hash-chained audit log inside the caller's transaction, so that a change and its entry are committed
 * together or not at all. Each entry's hash covers its content and the hash of the entry before it; the row lock on the
 * head gives the chain one order. Thread-safe.
 *
 * <p>Call it as the last step before the commit: the lock is held until then.
 */
public final class AuditTrail {
    private static final String LOCK_HEAD = "SELECT seq, hash FROM audit_head FOR UPDATE";
    private static final String MOVE_HEAD = "UPDATE audit_head SET seq = $1, hash = $2";
    private static final String INSERT = """
            INSERT INTO audit_log (seq, at, actor, action, target, before, after, request_id, hash)
            SELECT a, b, c, d, e, f::json, g::json, h, i
            FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                        $8::text[], $9::bytea[]) AS u(a, b, c, d, e, f, g, h, i)""";

    private final Clock clock;

    public AuditTrail(Clock clock) {
        this.clock = clock;
    }

    public Future<Void> append(SqlConnection transaction, AuditEntry entry) {
        return append(transaction, List.of(entry));
    }

    public Future<Void> append(SqlConnection transaction, List<AuditEntry> entries) {
        if (entries.isEmpty()) {
            return Future.succeededFuture();
        }
        return lock(transaction).compose(head -> append(transaction, head, entries));
    }

    /** The end of the chain, locked until the transaction ends. */
    public record Head(long seq, Buffer hash) {}

    /**
     * Locks the end of the chain. May be sent behind the change itself without waiting for its answer, which saves a
     * round trip.
     */
    public Future<Head> lock(SqlConnection transaction) {
        return transaction.preparedQuery(LOCK_HEAD).execute().map(rows -> {
            Row head = rows.iterator().next();
            return new Head(head.getLong(0), head.getBuffer(1));
        });
    }

    /** Appends to a chain that this transaction has locked. */
    public Future<Void> append(SqlConnection transaction, Head head, List<AuditEntry> entries) {
        return entries.isEmpty()
                ? Future.succeededFuture()
                : write(transaction, entries, head.seq(), head.hash().getBytes());
    }

    private Future<Void> write(SqlConnection transaction, List<AuditEntry> entries, long lastSeq, byte[] lastHash) {
        int n = entries.size();
        OffsetDateTime at = clock.utc();
        var seqs = new Long[n];
        var times = new OffsetDateTime[n];
        var hashes = new Buffer[n];
        byte[] hash = lastHash;
        for (int i = 0; i < n; i++) {
            seqs[i] = lastSeq + 1 + i;
            times[i] = at;
            hash = hash(hash, seqs[i], at, entries.get(i));
            hashes[i] = Buffer.buffer(hash);
        }
        Tuple tuple = Tuple.tuple()
                .addArrayOfLong(seqs)
                .addArrayOfOffsetDateTime(times)
                .addArrayOfString(column(entries, AuditEntry::actor))
                .addArrayOfString(column(entries, AuditEntry::action))
                .addArrayOfString(column(entries, AuditEntry::target))
                .addArrayOfString(column(entries, AuditEntry::before))
                .addArrayOfString(column(entries, AuditEntry::after))
                .addArrayOfString(column(entries, AuditEntry::requestId))
                .addArrayOfBuffer(hashes);
        var inserted = transaction.preparedQuery(INSERT).execute(tuple);
        var moved = transaction.preparedQuery(MOVE_HEAD).execute(Tuple.of(lastSeq + n, hashes[n - 1]));
        return Future.all(inserted, moved).mapEmpty();
    }

    private static @Nullable String[] column(
            List<AuditEntry> entries, java.util.function.Function<AuditEntry, @Nullable String> field) {
        @Nullable String[] column = new @Nullable String[entries.size()];
        for (int i = 0; i < column.length; i++) {
            column[i] = field.apply(entries.get(i));
        }
        return column;
    }

    /** The chain: SHA-256 over the previous hash and every field with its length, so that fields can't flow together. */
    public static byte[] hash(byte[] previous, long seq, OffsetDateTime at, AuditEntry entry) {
        MessageDigest digest = Hash.digest();
        digest.update(previous);
        digest.update(ByteBuffer.allocate(16)
                .putLong(seq)
                .putLong(ChronoUnit.MICROS.between(java.time.Instant.EPOCH, at.toInstant()))
                .array());
        field(digest, entry.actor());
        field(digest, entry.action());
        field(digest, entry.target());
        field(digest, entry.before());
        field(digest, entry.after());
        field(digest, entry.requestId());
        return digest.digest();
    }

    private static void field(MessageDigest digest, @Nullable String value) {
        byte[] bytes = value == null ? new byte[0] : value.getBytes(StandardCharsets.UTF_8);
        digest.update(
                ByteBuffer.allocate(4).putInt(value == null ? -1 : bytes.length).array());
        digest.update(bytes);
    }
}
