package dev.stationmaster.jobs.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GpuSetsTest {
    private final GpuSets sets = new GpuSets(List.of("GPU-a", "GPU-b", "GPU-c"));

    @Test
    void each_gets_its_own() {
        assertThat(sets.take("one", 2)).containsExactly("GPU-a", "GPU-b");
        assertThat(sets.take("two", 1)).containsExactly("GPU-c");
        assertThat(sets.env("one")).isEqualTo(Map.of("CUDA_VISIBLE_DEVICES", "GPU-a,GPU-b"));
        assertThatThrownBy(() -> sets.take("three", 1))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("0 are free");
        sets.giveBack("one");
        sets.giveBack("one");
        assertThat(sets.take("four", 2)).containsExactly("GPU-a", "GPU-b");
    }

    @Test
    void who_asked_for_none_sees_none() {
        assertThat(sets.take("one", 0)).isEmpty();
        assertThat(sets.env("one")).isEqualTo(Map.of("CUDA_VISIBLE_DEVICES", ""));
        assertThat(new GpuSets(List.of()).env("one")).isEmpty(); // no GPUs: nothing is touched
    }

    @Test
    void without_a_driver_they_have_numbers() {
        assertThat(GpuSets.numbered(3)).containsExactly("0", "1", "2");
    }
}
