package dev.stationmaster.audit;

import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.platform.security.Hash;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Recomputes the chain link by link from its beginning and stops at the first that does not fit. Not thread-safe. */
final class AuditChain {
    private long seq;
    private byte[] hash = Hash.sha256("stationmaster audit log"); // as in V001__platform.sql
    private @Nullable Long firstBad;

    /** False when the chain is broken in here or was before. */
    boolean addAll(List<AuditRecord> page) {
        return page.stream().allMatch(this::add);
    }

    private boolean add(AuditRecord next) {
        if (firstBad != null) {
            return false;
        }
        byte[] expected = hashOf(next);
        if (next.seq() != seq + 1 || !hex(expected).equals(next.hash())) {
            firstBad = Math.min(next.seq(), seq + 1); // an entry that is missing, or this one
            return false;
        }
        seq = next.seq();
        hash = expected;
        return true;
    }

    /** Compares with what the writers left: a cut-off tail breaks no link. */
    void end(AuditStore.@Nullable Head head) {
        if (firstBad != null) {
            return;
        }
        if (head == null || head.seq() != seq) {
            firstBad = head == null ? 1 : Math.min(head.seq(), seq) + 1;
        } else if (!head.hash().equals(hex(hash))) {
            firstBad = Math.max(1, seq);
        }
    }

    /** How many links fit. */
    long length() {
        return seq;
    }

    /** The first entry that is missing, changed or one too many; null when all is well. */
    @Nullable
    Long firstBad() {
        return firstBad;
    }

    private byte[] hashOf(AuditRecord next) {
        try {
            return AuditTrail.hash(hash, next.seq(), next.at(), next.entry());
        } catch (ArithmeticException e) { // a time that no writer can have written, such as infinity
            return new byte[0];
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
