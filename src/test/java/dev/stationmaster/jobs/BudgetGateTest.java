package dev.stationmaster.jobs;

import static dev.stationmaster.testing.TestStores.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.costs.CostMessages;
import dev.stationmaster.costs.CostMessages.Exhausted;
import dev.stationmaster.costs.CostMessages.Limit;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.MessageConsumer;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class BudgetGateTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private static final UUID ANN = new UUID(0, 1);

    private final ManualClock clock = new ManualClock();
    private final BudgetGate gate = new BudgetGate(STORES.bus(), clock);
    private final AtomicReference<Future<Exhausted>> answer = new AtomicReference<>();
    private MessageConsumer<?> consumer;

    @BeforeEach
    void listen() {
        consumer = STORES.bus().answer(CostMessages.FindExhausted.class, q -> answer.get());
    }

    @AfterEach
    void silence() {
        await(consumer.unregister());
    }

    private static Limit limit(String scope, String id, OffsetDateTime resetsAt) {
        return new Limit(scope, id, resetsAt == null ? null : "b", false, false, false, resetsAt);
    }

    private void refreshed(Limit... limits) {
        answer.set(Future.succeededFuture(new Exhausted(List.of(limits))));
        await(gate.refresh());
    }

    private boolean holds() {
        return gate.holds(7, ANN, "q", 0).isPresent();
    }

    @Test
    void each_scope_holds_whom_it_concerns() {
        var end = clock.utc().plusHours(1);
        for (Limit hit : List.of(
                limit("agent", "7", end),
                limit("user", ANN.toString(), end),
                limit("queue", "q", end),
                limit("everyone", "", end))) {
            refreshed(hit);
            assertThat(gate.holds(7, ANN, "q", 0)).as(hit.scope()).contains(hit);
        }
        refreshed(limit("agent", "8", end), limit("user", new UUID(0, 2).toString(), end), limit("queue", "r", end));
        assertThat(holds()).isFalse();
    }

    @Test
    void gpu_seconds_concern_only_jobs_with_gpus() {
        refreshed(new Limit("everyone", "", "b", true, true, false, clock.utc().plusHours(1)));
        assertThat(holds()).isFalse();
        assertThat(gate.refuses(7, ANN, "q", 0)).isEmpty();
        assertThat(gate.refuses(7, ANN, "q", 1)).isPresent();
    }

    @Test
    void the_end_of_the_period_opens_it_without_a_word_from_anybody() {
        gate.close(limit("agent", "7", clock.utc().plusMinutes(1)));
        clock.advance(Duration.ofSeconds(60).minusNanos(1_000));
        assertThat(holds()).isTrue();
        clock.advance(Duration.ofNanos(1_000));
        assertThat(holds()).isFalse();
    }

    @Test
    void of_several_the_one_that_lasts_longest_is_named() {
        var soon = limit("agent", "7", clock.utc().plusHours(1));
        var late = limit("user", ANN.toString(), clock.utc().plusHours(2));
        refreshed(late, soon);
        assertThat(gate.holds(7, ANN, "q", 0)).contains(late);
        assertThat(BudgetGate.sentence(late))
                .isEqualTo("The budget b is spent; it resets at 2026-03-14T11:26:53.589793Z.");
        var never = limit("user", ANN.toString(), null);
        refreshed(late, never, soon);
        assertThat(gate.holds(7, ANN, "q", 0)).contains(never);
        assertThat(gate.refuses(7, ANN, "q", 0)).isEmpty();
    }

    @Test
    void what_closes_while_an_answer_is_under_way_stays_closed() {
        Promise<Exhausted> under = Promise.promise();
        answer.set(under.future());
        var refresh = gate.refresh();
        gate.close(limit("agent", "7", null));
        under.complete(new Exhausted(List.of()));
        await(refresh);
        assertThat(holds()).isTrue();
        refreshed();
        assertThat(holds()).isFalse();
    }
}
