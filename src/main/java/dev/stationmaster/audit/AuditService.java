package dev.stationmaster.audit;

import dev.stationmaster.platform.web.Page;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** Lists and proves the audit log. Stateless. */
final class AuditService {
    private static final int PROOF_PAGE = 2_000;

    /**
     * What recomputing the chain found.
     *
     * @param entries how many, from the beginning, are as they were written
     * @param firstBadSeq the first that is missing, changed or one too many
     * @param head hash of the newest entry, in hex; kept elsewhere it proves the log as a whole
     */
    record Verification(
            boolean valid, long entries, @Nullable Long firstBadSeq, String head) {
        JsonObject toJson() {
            return new JsonObject()
                    .put("valid", valid)
                    .put("entries", entries)
                    .put("first_bad_seq", firstBadSeq)
                    .put("head", head);
        }
    }

    private final AuditStore store;
    private final int proofPage;

    AuditService(AuditStore store) {
        this(store, PROOF_PAGE);
    }

    AuditService(AuditStore store, int proofPage) {
        this.store = store;
        this.proofPage = proofPage;
    }

    Future<Page<AuditRecord>> list(AuditStore.Filter filter, int limit, @Nullable String cursor) {
        return store.page(filter, Page.numberCursor(cursor), limit + 1)
                .map(rows -> Page.of(rows, limit, AuditRecord::seq));
    }

    /** Recomputes every hash, a page at a time, on one snapshot. */
    Future<Verification> verify() {
        var chain = new AuditChain();
        return store.read(proofPage, chain::addAll).map(found -> {
            AuditStore.Head head = found.orElse(null);
            chain.end(head);
            return new Verification(
                    chain.firstBad() == null, chain.length(), chain.firstBad(), head == null ? "" : head.hash());
        });
    }
}
