package dev.stationmaster.platform.db;

import static dev.stationmaster.testing.TestStores.await;
import static dev.stationmaster.testing.TestStores.failure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.security.Hash;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class AuditTrailTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private final AuditTrail trail = new AuditTrail(new ManualClock());

    @BeforeEach
    void emptyLog() {
        STORES.sql("TRUNCATE audit_log");
        STORES.sql("UPDATE audit_head SET seq = 0, hash = sha256('stationmaster audit log')");
    }

    private static AuditEntry entry(String actor) {
        return new AuditEntry(actor, "a", "t", null, "{\"n\": 1.50}", null);
    }

    private Future<Void> append(AuditEntry... entries) {
        return STORES.database().inTransaction(tx -> trail.append(tx, List.of(entries)));
    }

    private void assertUnbroken(int entries) {
        byte[] hash = Hash.sha256("stationmaster audit log");
        long seq = 0;
        for (Row row : STORES.sql("SELECT *, after::text AS text FROM audit_log ORDER BY seq")) {
            seq++;
            assertThat(row.getLong("seq")).isEqualTo(seq);
            var entry = new AuditEntry(
                    row.getString("actor"),
                    row.getString("action"),
                    row.getString("target"),
                    null,
                    row.getString("text"),
                    row.getString("request_id"));
            hash = AuditTrail.hash(hash, seq, row.getOffsetDateTime("at"), entry);
            assertThat(row.getBuffer("hash").getBytes()).isEqualTo(hash);
        }
        assertThat(seq).isEqualTo(entries);
        Row head = STORES.sql("SELECT seq, hash FROM audit_head").get(0);
        assertThat(head.getLong(0)).isEqualTo(seq);
        assertThat(head.getBuffer(1).getBytes()).isEqualTo(hash);
    }

    @Test
    void the_chain_goes_on_over_transactions() {
        await(append(entry("ann"), entry("bob")));
        await(append());
        await(append(entry("eve")));
        assertUnbroken(3);
    }

    @Test
    void writers_at_once_make_one_chain() {
        var all = new ArrayList<Future<Void>>();
        for (int i = 0; i < 40; i++) {
            all.add(append(entry("writer " + i), entry("again " + i)));
        }
        await(Future.all(all));
        assertUnbroken(80);
    }

    @Test
    void what_is_rolled_back_leaves_no_entry_and_no_gap() {
        await(append(entry("ann")));
        var failed = STORES.database().inTransaction(tx -> trail.append(tx, entry("bob"))
                .compose(done -> Future.<Void>failedFuture("changed my mind")));
        assertThat(failure(failed)).hasMessage("changed my mind");
        await(append(entry("eve")));
        assertUnbroken(2);
        assertThat(STORES.sql("SELECT actor FROM audit_log ORDER BY seq"))
                .extracting(row -> row.getString(0))
                .containsExactly("ann", "eve");
    }

    @Test
    void fields_cannot_flow_together_and_null_is_not_empty() {
        var at = OffsetDateTime.parse("2026-03-14T09:26:53Z");
        byte[] zero = new byte[32];
        byte[] one = AuditTrail.hash(zero, 1, at, new AuditEntry("ab", "c", "t", null, null, null));
        assertThat(AuditTrail.hash(zero, 1, at, new AuditEntry("a", "bc", "t", null, null, null)))
                .isNotEqualTo(one);
        assertThat(AuditTrail.hash(zero, 1, at, new AuditEntry("ab", "c", "t", "", null, null)))
                .isNotEqualTo(one);
        assertThat(AuditTrail.hash(
                        zero,
                        1,
                        at.withOffsetSameInstant(java.time.ZoneOffset.ofHours(5)),
                        new AuditEntry("ab", "c", "t", null, null, null)))
                .isEqualTo(one);
    }
}
