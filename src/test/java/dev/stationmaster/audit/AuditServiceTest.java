package dev.stationmaster.audit;

import static dev.stationmaster.testing.TestStores.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.AuditTrail;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class AuditServiceTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private static final AuditStore.Filter ANY = new AuditStore.Filter(null, null, null);

    private final ManualClock clock = new ManualClock();
    private final AuditTrail trail = new AuditTrail(clock);
    private AuditService service;

    @BeforeEach
    void emptyLog() {
        STORES.sql("TRUNCATE audit_log");
        STORES.sql("UPDATE audit_head SET seq = 0, hash = sha256('stationmaster audit log')");
        service = new AuditService(new AuditStore(STORES.database()), 3); // several pages in each test
    }

    private void write(String actor, String action, String target) {
        var entry = new AuditEntry(actor, action, target, "{\"a\": 1}", "{\"b\":{\"c\":[null,\"é\\u0000\"]}}", "r-1");
        clock.advance(Duration.ofNanos(1_234_567));
        await(STORES.database().inTransaction(tx -> trail.append(tx, entry)));
    }

    private void writeSeven() {
        for (int i = 1; i <= 7; i++) {
            write("ann", "agent.update", "agent/" + i);
        }
    }

    private void assertBroken(long firstBad) {
        var found = await(service.verify());
        assertThat(found.valid()).isFalse();
        assertThat(found.firstBadSeq()).isEqualTo(firstBad);
        assertThat(found.entries()).isEqualTo(firstBad - 1);
    }

    @Test
    void an_untouched_log_is_valid_and_its_head_is_the_newest_hash() {
        writeSeven();
        var found = await(service.verify());
        assertThat(found.valid()).isTrue();
        assertThat(found.entries()).isEqualTo(7);
        assertThat(found.firstBadSeq()).isNull();
        assertThat(found.head())
                .isEqualTo(await(service.list(ANY, 1, null)).items().get(0).hash());
        assertThat(found.toJson().fieldNames()).containsExactly("valid", "entries", "first_bad_seq", "head");
    }

    @Test
    void an_empty_log_is_valid() {
        assertThat(await(service.verify()).valid()).isTrue();
    }

    @Test
    void a_log_that_fills_its_pages_exactly_is_valid() {
        for (int i = 0; i < 6; i++) {
            write("ann", "x", "y");
        }
        assertThat(await(service.verify()).entries()).isEqualTo(6);
    }

    @Test
    void a_deleted_row_is_found() {
        writeSeven();
        STORES.sql("DELETE FROM audit_log WHERE seq = 4");
        assertBroken(4);
    }

    @Test
    void every_changed_column_is_found() {
        writeSeven();
        for (String change : List.of(
                "at = at + interval '1 microsecond'",
                "at = 'infinity'",
                "actor = 'bob'",
                "action = 'agent.delete'",
                "target = 'agent/8'",
                "before = '{\"a\":1}'",
                "before = NULL",
                "after = '{}'",
                "request_id = NULL",
                "hash = sha256('x')")) {
            STORES.sql("CREATE TABLE kept AS SELECT * FROM audit_log");
            STORES.sql("UPDATE audit_log SET " + change + " WHERE seq = 5");
            assertBroken(5);
            STORES.sql("TRUNCATE audit_log");
            STORES.sql("INSERT INTO audit_log SELECT * FROM kept");
            STORES.sql("DROP TABLE kept");
        }
        assertThat(await(service.verify()).valid()).isTrue();
    }

    @Test
    void reordered_rows_are_found() {
        writeSeven();
        STORES.sql("UPDATE audit_log SET seq = 100 WHERE seq = 2");
        STORES.sql("UPDATE audit_log SET seq = 2 WHERE seq = 3");
        STORES.sql("UPDATE audit_log SET seq = 3 WHERE seq = 100");
        assertBroken(2);
    }

    @Test
    void a_cut_off_tail_is_found() {
        writeSeven();
        STORES.sql("DELETE FROM audit_log WHERE seq > 5");
        assertBroken(6);
    }

    @Test
    void a_wholly_deleted_log_is_found() {
        writeSeven();
        STORES.sql("TRUNCATE audit_log");
        assertBroken(1);
    }

    @Test
    void entries_that_no_writer_wrote_are_found() {
        writeSeven();
        STORES.sql("UPDATE audit_head SET seq = 6, hash = (SELECT hash FROM audit_log WHERE seq = 6)");
        var found = await(service.verify());
        assertThat(found.valid()).isFalse();
        assertThat(found.firstBadSeq()).isEqualTo(7);
        STORES.sql("UPDATE audit_head SET seq = 7, hash = (SELECT hash FROM audit_log WHERE seq = 7)");
        STORES.sql("INSERT INTO audit_log SELECT 0, at, actor, action, target, before, after, request_id, hash"
                + " FROM audit_log WHERE seq = 1");
        assertThat(await(service.verify()).firstBadSeq()).isZero();
    }

    @Test
    void a_changed_or_missing_head_is_found() {
        writeSeven();
        STORES.sql("UPDATE audit_head SET hash = sha256('x')");
        assertThat(await(service.verify()).valid()).isFalse();
        STORES.sql("DELETE FROM audit_head");
        assertThat(await(service.verify()).valid()).isFalse();
        STORES.sql("INSERT INTO audit_head (seq, hash) VALUES (0, '')");
    }

    @Test
    void lists_newest_first_in_pages_with_json_as_objects() {
        writeSeven();
        var first = await(service.list(ANY, 3, null));
        assertThat(first.items()).extracting(AuditRecord::seq).containsExactly(7L, 6L, 5L);
        var second = await(service.list(ANY, 4, first.nextCursor()));
        assertThat(second.items()).extracting(AuditRecord::seq).containsExactly(4L, 3L, 2L, 1L);
        assertThat(second.nextCursor()).isNull();
        JsonObject json = first.items().get(2).toJson();
        assertThat(json.getString("target")).isEqualTo("agent/5");
        assertThat(json.getJsonObject("before")).isEqualTo(new JsonObject().put("a", 1));
        assertThat(json.getJsonObject("after")
                        .getJsonObject("b")
                        .getJsonArray("c")
                        .getString(1))
                .isEqualTo("é\u0000");
        assertThat(json.getString("at")).isEqualTo("2026-03-14T09:26:53.595965Z");
        assertThat(json.getString("hash")).hasSize(64);
    }

    @Test
    void filters_combine() {
        write("ann", "agent.create", "agent/1");
        write("bob", "agent.create", "agent/2");
        write("bob", "agent.delete", "agent/2");
        var filter = new AuditStore.Filter("bob", null, "agent/2");
        assertThat(await(service.list(filter, 50, null)).items())
                .extracting(AuditRecord::seq)
                .containsExactly(3L, 2L);
        var narrower = new AuditStore.Filter("bob", "agent.create", "agent/2");
        assertThat(await(service.list(narrower, 50, null)).items())
                .extracting(AuditRecord::seq)
                .containsExactly(2L);
    }

    @Test
    void entries_without_json_stay_without() {
        var entry = new AuditEntry("system", "session.login", "user/1", null, null, null);
        await(STORES.database().inTransaction(tx -> trail.append(tx, entry)));
        JsonObject json = await(service.list(ANY, 1, null)).items().get(0).toJson();
        assertThat(json.getValue("before")).isNull();
        assertThat(json.containsKey("after")).isTrue();
        assertThat(await(service.verify()).valid()).isTrue();
    }
}
