package dev.stationmaster.platform.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.TestStores;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class MigrationsTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    @Test
    void running_them_again_changes_nothing() {
        assertThat(Migrations.run(STORES.databaseUrl())).isZero();
        assertThat(Migrations.run(STORES.databaseUrl())).isZero();
    }

    @Test
    void an_empty_database_gets_them_all() {
        STORES.sql("DROP SCHEMA public CASCADE");
        STORES.sql("CREATE SCHEMA public");
        assertThat(Migrations.run(STORES.databaseUrl())).isGreaterThanOrEqualTo(5);
    }

    @Test
    void addresses_may_hold_encoded_passwords_and_no_port() {
        var source = Migrations.dataSource("postgresql://an%40n:p%3A%2Fw@db.example/sm");
        assertThat(source.getUser()).isEqualTo("an@n");
        assertThat(source.getPassword()).isEqualTo("p:/w");
        assertThat(source.getPortNumbers()).containsExactly(5432);
        assertThat(source.getDatabaseName()).isEqualTo("sm");
    }

    private static List<String> partitions() {
        return STORES
                .sql("SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
                        + " WHERE i.inhparent = 'job_logs'::regclass ORDER BY 1")
                .stream()
                .map(row -> row.getString(0))
                .toList();
    }

    @Test
    void partitions_are_days_in_utc_made_ahead_and_dropped_after_their_time() {
        var clock = new ManualClock(); // 2026-03-14
        var daily = new Partitions(STORES.database(), clock, List.of("job_logs"), Duration.ofDays(5));
        TestStores.await(daily.maintain());
        TestStores.await(daily.maintain());
        assertThat(partitions())
                .containsExactly(
                        "job_logs_20260314",
                        "job_logs_20260315",
                        "job_logs_20260316",
                        "job_logs_20260317",
                        "job_logs_default");
        STORES.sql("INSERT INTO job_logs VALUES (gen_random_uuid(), 0, 1, '2026-03-14T23:59:59Z', 1, 'x'),"
                + " (gen_random_uuid(), 0, 1, '2026-03-01T00:00:00Z', 1, 'no partition for it')");
        assertThat(STORES.sql("SELECT 1 FROM job_logs_20260314")).hasSize(1);
        clock.advance(Duration.ofDays(7));
        TestStores.await(daily.maintain());
        assertThat(partitions()).contains("job_logs_20260316").doesNotContain("job_logs_20260315");
        assertThat(STORES.sql("SELECT 1 FROM job_logs")).isEmpty();
    }
}
