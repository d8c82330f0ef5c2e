package dev.stationmaster.platform.db;

import static dev.stationmaster.testing.TestStores.await;
import static dev.stationmaster.testing.TestStores.failure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class IdempotencyStoreTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private static final java.time.OffsetDateTime NOW = ManualClock.START.atOffset(ZoneOffset.UTC);

    private final IdempotencyStore store = new IdempotencyStore();
    private final UUID ann = UUID.randomUUID();

    private IdempotencyStore.Key key(String body) {
        return IdempotencyStore.Key.of(ann, "createJob", "k-1", body);
    }

    private Future<Optional<String>> claim(IdempotencyStore.Key key, String resource) {
        return STORES.database().inTransaction(tx -> store.claim(tx, key, resource, NOW));
    }

    @Test
    void the_same_key_and_body_give_the_earlier_resource() {
        assertThat(await(claim(key("{}"), "job-1"))).isEmpty();
        assertThat(await(claim(key("{}"), "job-2"))).contains("job-1");
    }

    @Test
    void another_body_is_refused() {
        await(claim(key("{}"), "job-1"));
        ApiException refused = (ApiException) failure(claim(key("{\"a\":1}"), "job-2"));
        assertThat(refused.code()).isEqualTo(ErrorCode.IDEMPOTENCY_KEY_REUSED);
    }

    @Test
    void keys_of_other_people_and_operations_are_other_keys() {
        await(claim(key("{}"), "job-1"));
        assertThat(await(claim(IdempotencyStore.Key.of(UUID.randomUUID(), "createJob", "k-1", "{}"), "job-2")))
                .isEmpty();
        assertThat(await(claim(IdempotencyStore.Key.of(ann, "createAgent", "k-1", "{}"), "agent-1")))
                .isEmpty();
    }

    @Test
    void of_two_at_once_the_second_waits_and_gets_the_firsts() {
        Promise<Void> mayCommit = Promise.promise();
        Promise<Void> claimed = Promise.promise();
        var first = STORES.database().inTransaction(tx -> store.claim(tx, key("{}"), "job-1", NOW)
                .onSuccess(done -> claimed.complete())
                .compose(found -> mayCommit.future().map(found)));
        await(claimed.future());
        var second = claim(key("{}"), "job-2");
        await(STORES.database().ping());
        assertThat(second.isComplete()).isFalse();
        mayCommit.complete();
        assertThat(await(first)).isEmpty();
        assertThat(await(second)).contains("job-1");
    }

    @Test
    void when_the_first_of_two_at_once_fails_the_second_has_the_key() {
        Promise<Void> mayFail = Promise.promise();
        Promise<Void> claimed = Promise.promise();
        var first = STORES.database().inTransaction(tx -> store.claim(tx, key("{}"), "job-1", NOW)
                .onSuccess(done -> claimed.complete())
                .compose(found -> mayFail.future()));
        await(claimed.future());
        var second = claim(key("{}"), "job-2");
        mayFail.fail("rolled back");
        assertThat(failure(first)).hasMessage("rolled back");
        assertThat(await(second)).isEmpty();
        assertThat(await(claim(key("{}"), "job-3"))).contains("job-2");
    }

    @Test
    void old_keys_are_purged() {
        await(claim(key("{}"), "job-1"));
        int early = await(STORES.database().inTransaction(tx -> store.purge(tx, NOW)));
        assertThat(early).isZero();
        int late = await(STORES.database().inTransaction(tx -> store.purge(tx, NOW.plusSeconds(1))));
        assertThat(late).isPositive();
        assertThat(await(claim(key("{\"other\":1}"), "job-2"))).isEmpty();
    }
}
