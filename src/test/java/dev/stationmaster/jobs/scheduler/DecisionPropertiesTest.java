package dev.stationmaster.jobs.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;

/** Any decision, from anything there may be to decide from. */
class DecisionPropertiesTest {
    @Property(tries = 15_000)
    void keepsAllLimitsAndLeavesNothingThatFits(@ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int size) {
        Snapshot snapshot = new RandomSnapshots(seed).snapshot(size);
        Invariants.check(snapshot, Scheduler.decide(snapshot));
    }

    @Property(tries = 500, shrinking = ShrinkingMode.OFF)
    void dependsOnTheSnapshotAloneAndNotOnTheOrderOfItsParts(@ForAll long seed) {
        Snapshot snapshot = new RandomSnapshots(seed).snapshot(12);
        Random random = new Random(seed);
        var shuffled = new Snapshot(
                snapshot.now(),
                snapshot.rules(),
                shuffled(snapshot.nodes(), random),
                snapshot.queues(),
                snapshot.owners(),
                shuffled(snapshot.lanes(), random),
                shuffled(snapshot.running(), random));
        assertThat(Scheduler.decide(shuffled)).isEqualTo(Scheduler.decide(snapshot));
    }

    private static <T> List<T> shuffled(List<T> list, Random random) {
        List<T> copy = new ArrayList<>(list);
        Collections.shuffle(copy, random);
        return copy;
    }
}
