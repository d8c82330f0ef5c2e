package dev.stationmaster.platform.leader;

import static dev.stationmaster.testing.TestStores.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.db.Database;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.TestStores;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LeadershipTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    /** Renewed by its timer only every ten seconds: what a test does not do does not happen. */
    private static final Duration TTL = Duration.ofSeconds(30);

    private final ManualClock clock = new ManualClock();
    private final AtomicInteger gains = new AtomicInteger();

    private Leadership candidate(Database database, String lease, String holder) {
        return new Leadership(
                STORES.vertx(), clock, new LeaderStore(database), lease, holder, TTL, gains::incrementAndGet);
    }

    private Leadership candidate(String lease, String holder) {
        return candidate(STORES.database(), lease, holder);
    }

    private static long fence(String lease) {
        return STORES.sql("SELECT fence FROM leader_leases WHERE name = $1", lease)
                .get(0)
                .getLong(0);
    }

    /** Times of leases are PostgreSQL's. */
    private static void expire(String lease) {
        STORES.sql(
                "UPDATE leader_leases SET expires_at = clock_timestamp() - interval '1 second' WHERE name = $1", lease);
    }

    @Test
    void of_two_only_one_leads() {
        var a = candidate("one", "a");
        var b = candidate("one", "b");
        await(a.start());
        await(b.start());
        assertThat(a.isLeader()).isTrue();
        assertThat(b.isLeader()).isFalse();
        assertThat(gains).hasValue(1);
        await(a.close());
        await(b.close());
    }

    @Test
    void another_takes_over_after_the_end_of_the_lease_and_the_fence_rises() {
        var a = candidate("two", "a");
        await(a.start());
        long before = fence("two");
        var early = candidate("two", "b");
        await(early.start());
        assertThat(early.isLeader()).isFalse();
        expire("two");
        var late = candidate("two", "c");
        await(late.start());
        assertThat(late.isLeader()).isTrue();
        assertThat(fence("two")).isGreaterThan(before);
        await(early.close());
        await(late.close());
    }

    @Test
    void renewing_keeps_the_fence() {
        var store = new LeaderStore(STORES.database());
        assertThat(await(store.takeOrRenew("three", "a", TTL))).isTrue();
        long before = fence("three");
        assertThat(await(store.takeOrRenew("three", "a", TTL))).isTrue();
        assertThat(fence("three")).isEqualTo(before);
        assertThat(await(store.takeOrRenew("three", "b", TTL))).isFalse();
    }

    @Test
    void a_lease_given_back_is_free_at_once_and_the_fence_still_rises() {
        var a = candidate("four", "a");
        await(a.start());
        long before = fence("four");
        await(a.close());
        assertThat(a.isLeader()).isFalse();
        var b = candidate("four", "b");
        await(b.start());
        assertThat(b.isLeader()).isTrue();
        assertThat(fence("four")).isGreaterThan(before);
        await(b.close());
    }

    @Test
    void somebody_elses_lease_is_not_released() {
        var store = new LeaderStore(STORES.database());
        await(store.takeOrRenew("five", "a", TTL));
        await(store.release("five", "b"));
        assertThat(await(store.takeOrRenew("five", "c", TTL))).isFalse();
    }

    @Test
    void nobody_thinks_to_lead_when_the_store_no_longer_answers() {
        var database = Database.open(STORES.vertx(), STORES.databaseUrl(), 2, Duration.ofSeconds(1));
        var a = candidate(database, "six", "a");
        await(a.start());
        await(database.close());
        clock.advance(TTL.minusMillis(1));
        assertThat(a.isLeader()).isTrue();
        clock.advance(Duration.ofMillis(1));
        assertThat(a.isLeader()).isFalse(); // now, and not later: another may lead from here on
        await(a.close());
    }

    @Test
    void a_store_that_is_away_at_the_start_is_no_failure() {
        var nobody = Database.open(STORES.vertx(), "postgresql://a:b@127.0.0.1:1/none", 2, Duration.ofMillis(500));
        var a = candidate(nobody, "seven", "a");
        await(a.start());
        assertThat(a.isLeader()).isFalse();
        await(a.close());
        await(nobody.close());
    }
}
