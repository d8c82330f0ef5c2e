package dev.stationmaster.jobs.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stationmaster.jobs.runner.gpu.GpuInventory;
import dev.stationmaster.jobs.runner.gpu.GpuState;
import dev.stationmaster.jobs.runner.gpu.GpuWatch;
import dev.stationmaster.testing.FakeSmi;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GpuSetsTest {
    private static final UUID JOB = UUID.randomUUID();

    @TempDir
    Path folder;

    private final GpuSets sets = new GpuSets(GpuWatch.numbered(3, null));

    @Test
    void each_gets_its_own() {
        assertThat(sets.take("one", JOB, 2)).containsExactly("0", "1");
        assertThat(sets.take("two", JOB, 1)).containsExactly("2");
        assertThat(sets.env("one")).isEqualTo(Map.of("CUDA_VISIBLE_DEVICES", "0,1"));
        assertThatThrownBy(() -> sets.take("three", JOB, 1))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("0 are free");
        sets.giveBack("one");
        sets.giveBack("one");
        assertThat(sets.take("four", JOB, 1)).containsExactly("0");
        sets.giveBack("four");
        assertThat(sets.take("five", JOB, 1)).containsExactly("1"); // the other came back later
    }

    @Test
    void who_asked_for_none_sees_none() {
        assertThat(sets.take("one", JOB, 0)).isEmpty();
        assertThat(sets.env("one")).isEqualTo(Map.of("CUDA_VISIBLE_DEVICES", ""));
        var nothing = new GpuSets(GpuWatch.of(List.of()));
        assertThat(nothing.env("one")).isEmpty(); // no GPUs: nothing is touched
        assertThat(nothing.states()).isEmpty();
    }

    @Test
    void while_nobody_knows_what_there_is_nothing_is_given_and_nothing_is_seen() {
        var unknown = new GpuSets(GpuWatch.found(new GpuInventory("none", Duration.ofSeconds(1))));
        assertThat(unknown.states()).isNull();
        assertThat(unknown.inService()).isZero();
        assertThat(unknown.env("one")).isEqualTo(Map.of("CUDA_VISIBLE_DEVICES", ""));
    }

    @Test
    void what_an_attempt_had_before_this_process_stays_its_own() {
        sets.claim("old", JOB, List.of("1"));
        sets.claim("old", JOB, List.of("2"));
        assertThat(sets.take("new", UUID.randomUUID(), 2)).containsExactly("0", "2");
        assertThat(sets.states()).extracting(GpuState::job).contains(JOB).doesNotContainNull();
    }

    /** Never a faulty device, never one to two, whatever comes and goes. */
    @Test
    void nobody_gets_a_faulty_device_or_anothers() {
        var smi = new FakeSmi(folder);
        var random = new Random(20);
        int[] errors = new int[4];
        smi.gpus(errors);
        var watch = GpuWatch.found(new GpuInventory(smi.program(), Duration.ofSeconds(20)));
        watch.look();
        var tried = new GpuSets(watch);
        Map<Integer, List<String>> held = new HashMap<>();
        for (int i = 0; i < 400; i++) {
            if (i % 20 == 0) {
                int at = random.nextInt(4);
                errors[at] = errors[at] == 0 ? 1 : 0;
                smi.gpus(errors);
                watch.look();
            }
            int attempt = random.nextInt(6);
            if (held.remove(attempt) != null) {
                tried.giveBack(attempt);
                continue;
            }
            int wanted = random.nextInt(3);
            Set<String> others = new HashSet<>();
            held.values().forEach(others::addAll);
            long free = 0;
            for (int g = 0; g < 4; g++) {
                free += errors[g] == 0 && !others.contains("GPU-" + g) ? 1 : 0;
            }
            if (wanted > free) {
                assertThatThrownBy(() -> tried.take(attempt, JOB, wanted))
                        .isInstanceOfSatisfying(LaunchException.class, e -> assertThat(e.reason())
                                .isEqualTo("gpus_in_use"));
                continue;
            }
            List<String> got = tried.take(attempt, JOB, wanted);
            assertThat(got).hasSize(wanted).doesNotHaveDuplicates().noneMatch(others::contains);
            assertThat(got).allMatch(id -> errors[Integer.parseInt(id.substring(4))] == 0);
            held.put(attempt, got);
        }
    }
}
