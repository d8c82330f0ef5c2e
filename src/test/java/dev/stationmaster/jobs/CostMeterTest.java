package dev.stationmaster.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.costs.CostMessages.ChargeUsage;
import dev.stationmaster.costs.CostMessages.Charged;
import dev.stationmaster.costs.CostMessages.UsageInterval;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is charged when clocks are set. */
class CostMeterTest {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    private static final List<UsageInterval> CHARGES = new CopyOnWriteArrayList<>();
    private static boolean answering;

    private Instant wall = ManualClock.START;
    private long nanos = Long.MAX_VALUE - 1_000;
    private final Clock clock = new Clock() {
        @Override
        public Instant now() {
            return wall;
        }

        @Override
        public long nanos() {
            return nanos;
        }
    };
    private CostMeter meter;
    private Attempt attempt;

    @BeforeEach
    void meter() {
        if (!answering) {
            answering = true;
            STORES.bus().answer(ChargeUsage.class, q -> {
                CHARGES.addAll(q.intervals());
                return Future.succeededFuture(new Charged(List.of()));
            });
        }
        CHARGES.clear();
        meter = new CostMeter(clock, STORES.bus(), new RecordStore(STORES.database()), Duration.ofSeconds(5));
        attempt = new Attempt(JobSamples.job().state(JobState.RUNNING).build());
        attempt.chargedUntil = clock.utc();
        attempt.chargedUntilNanos = nanos;
    }

    private void pass(Duration time, Duration onTheWall) {
        nanos += time.toNanos();
        wall = wall.plus(onTheWall);
        TestStores.await(meter.charge(List.of(attempt)));
    }

    private static Duration charged() {
        return CHARGES.stream().map(i -> Duration.between(i.from(), i.to())).reduce(Duration.ZERO, Duration::plus);
    }

    @Test
    void time_is_charged_as_it_passes() {
        pass(Duration.ofSeconds(5), Duration.ofSeconds(5));
        pass(Duration.ofSeconds(5), Duration.ofSeconds(5));
        assertThat(charged()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void a_clock_set_forward_costs_nothing() {
        pass(Duration.ofSeconds(5), Duration.ofHours(7));
        assertThat(charged()).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(6));
        pass(Duration.ofSeconds(5), Duration.ofSeconds(5));
        assertThat(charged()).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(11));
    }

    @Test
    void a_clock_set_back_pays_nothing_back() {
        pass(Duration.ofSeconds(5), Duration.ofHours(-1));
        assertThat(CHARGES).isEmpty();
    }

    @Test
    void a_lost_attempt_is_not_charged_for_the_difference_of_two_clocks() {
        var from = clock.utc();
        TestStores.await(meter.chargeLost(
                attempt.job, new DispatchStore.Uncharged(from, from.plusHours(3)), Duration.ofSeconds(30)));
        assertThat(charged()).isLessThan(Duration.ofSeconds(41));
    }
}
