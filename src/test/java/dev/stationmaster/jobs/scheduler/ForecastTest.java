package dev.stationmaster.jobs.scheduler;

import static dev.stationmaster.jobs.scheduler.SchedulerKit.ANN;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.BOB;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.FRESH;
import static dev.stationmaster.jobs.scheduler.SchedulerKit.lane;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ForecastTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private final SchedulerKit kit = new SchedulerKit().node("w1", 2);

    private static Forecast.RunTimes hours(Duration left) {
        return new Forecast.RunTimes() {
            @Override
            public Duration of(Lane.Key lane) {
                return HOUR;
            }

            @Override
            public Duration left(Running job) {
                return left;
            }
        };
    }

    private List<Duration> waits(Lane.Key lane, Forecast.RunTimes times, int max) {
        Snapshot snapshot = kit.snapshot();
        return Forecast.of(snapshot, times, Duration.ofSeconds(30), max).getOrDefault(lane, List.of()).stream()
                .map(at -> Duration.between(snapshot.now(), at))
                .toList();
    }

    @Test
    void jobsStartOneAfterTheOtherAsOthersEnd() {
        Lane.Key lane = lane(ANN, 5, 1);
        for (int i = 0; i < 5; i++) {
            kit.waits(lane, FRESH);
        }
        assertThat(waits(lane, hours(HOUR), 100))
                .containsExactly(Duration.ZERO, Duration.ZERO, HOUR, HOUR, HOUR.multipliedBy(2));
    }

    @Test
    void whoComesFirstIsForeseenFirst() {
        Lane.Key low = lane(ANN, 1, 2);
        Lane.Key high = lane(BOB, 9, 2);
        kit.waits(low, Duration.ofSeconds(5));
        kit.waits(high, FRESH);
        assertThat(waits(high, hours(HOUR), 100)).containsExactly(Duration.ZERO);
        assertThat(waits(low, hours(HOUR), 100)).containsExactly(HOUR);
    }

    @Test
    void whatDependsOnAnUnknownRunTimeIsUnknown() {
        Lane.Key lane = lane(ANN, 5, 2);
        kit.waits(lane, FRESH);
        kit.waits(lane, FRESH);
        var unknown = new Forecast.RunTimes() {
            @Override
            public Duration of(Lane.Key key) {
                return null;
            }

            @Override
            public Duration left(Running job) {
                return null;
            }
        };
        assertThat(waits(lane, unknown, 100)).containsExactly(Duration.ZERO);
    }

    @Test
    void theWorkIsBounded() {
        Lane.Key lane = lane(ANN, 5, 1);
        for (int i = 0; i < 40; i++) {
            kit.waits(lane, FRESH);
        }
        assertThat(waits(lane, hours(HOUR), 6)).hasSizeBetween(6, 7);
        assertThat(waits(lane, hours(HOUR), 1000)).hasSize(40);
    }

    @Test
    void thousandsOfLanesAreForeseenAsFarAsTheWorkIsWorth() {
        for (int i = 0; i < 3_000; i++) {
            kit.waits(
                    new Lane.Key(
                            "default", ANN, i, "process", 5, lane(ANN, 5, 1).resources(), 1, 1),
                    FRESH);
        }
        int foreseen = Forecast.of(kit.snapshot(), hours(HOUR), Duration.ofSeconds(30), 384).values().stream()
                .mapToInt(List::size)
                .sum();
        assertThat(foreseen).isBetween(10, 40);
    }

    /** With true run times, and one owner (it leaves recent use out), it is what a replay of the same jobs does. */
    @Property(tries = 60)
    void withTrueRunTimesItIsWhatHappens(@ForAll long seed) {
        var traces = new RandomTraces(seed);
        VirtualCluster.Setup setup = traces.setup();
        UUID owner = setup.owners().keySet().iterator().next();
        var forecast = new HashMap<Lane.Key, List<Instant>>();
        var cluster = new VirtualCluster(setup, RandomTraces.START, snapshot -> {
            if (forecast.isEmpty()) {
                forecast.putAll(Forecast.of(snapshot, tenMinutes(), Duration.ofSeconds(30), Integer.MAX_VALUE));
            }
            return Scheduler.decide(snapshot);
        });
        traces.jobs(40, 1, false)
                .forEach(job -> cluster.submit(new VirtualJob(
                        job.id(),
                        of(job.lane(), owner),
                        RandomTraces.START,
                        Duration.ofMinutes(10),
                        false,
                        Duration.ZERO)));
        cluster.run(RandomTraces.START.plus(Duration.ofDays(30)));
        Map<Lane.Key, List<Instant>> happened = new HashMap<>();
        cluster.stays().forEach(stay -> happened.computeIfAbsent(stay.job().lane(), lane -> new ArrayList<>())
                .add(stay.startedAt()));
        assertThat(forecast).isEqualTo(happened);
    }

    private static Lane.Key of(Lane.Key lane, UUID owner) {
        return new Lane.Key(
                lane.queue(),
                owner,
                lane.agentId(),
                lane.runner(),
                lane.priority(),
                lane.resources(),
                lane.replicas(),
                lane.minReplicas());
    }

    private static Forecast.RunTimes tenMinutes() {
        return new Forecast.RunTimes() {
            @Override
            public Duration of(Lane.Key lane) {
                return Duration.ofMinutes(10);
            }

            @Override
            public Duration left(Running job) {
                return Duration.ofMinutes(10);
            }
        };
    }
}
