package dev.stationmaster.jobs.runner.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.stationmaster.testing.FakeSmi;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GpuWatchTest {
    @TempDir
    Path folder;

    private FakeSmi smi;
    private GpuInventory inventory;

    @BeforeEach
    void fake() {
        smi = new FakeSmi(folder);
        inventory = new GpuInventory(smi.program(), Duration.ofSeconds(20));
    }

    @Test
    void a_faulty_one_is_out_of_service_until_it_is_well() {
        smi.gpus(0, 0);
        var watch = GpuWatch.found(inventory);
        var changes = new AtomicInteger();
        watch.onChange(changes::incrementAndGet);
        assertThat(watch.known()).isFalse();
        watch.look();
        assertThat(watch.inService()).isEqualTo(2);
        smi.gpus(0, 1);
        watch.look();
        watch.look();
        assertThat(watch.inService()).isEqualTo(1);
        assertThat(changes).hasValue(2);
        smi.gpus(0, 0);
        watch.look();
        assertThat(watch.inService()).isEqualTo(2);
    }

    @Test
    void a_look_that_fails_changes_nothing_but_for_a_gpu_that_it_calls_lost() {
        smi.says("failure", "Failed to initialize NVML: Unknown Error");
        var watch = GpuWatch.found(inventory);
        watch.look();
        assertThat(watch.known()).isFalse();
        smi.gpus(0, 0);
        watch.look();
        smi.says("xml", "broken");
        watch.look();
        assertThat(watch.known()).isTrue();
        assertThat(watch.inService()).isEqualTo(2);
        smi.says("failure", "Unable to determine the device handle for GPU 0000:01:00.0: Unknown Error");
        smi.says("xml", "Unable to determine the device handle for GPU 0000:01:00.0: Unknown Error");
        watch.look();
        assertThat(watch.devices())
                .extracting(GpuDevice::id, GpuDevice::fault)
                .containsExactly(tuple("GPU-0", null), tuple("GPU-1", "Unknown Error"));
    }

    @Test
    void one_that_is_listed_no_more_is_out_of_service_and_a_new_one_is_taken_up() {
        smi.gpus(0, 0);
        var watch = GpuWatch.found(inventory);
        watch.look();
        smi.gpus(0);
        watch.look();
        assertThat(watch.devices().get(1).fault()).isEqualTo("nvidia-smi lists it no more");
        smi.gpus(0, 0, 0);
        watch.look();
        assertThat(watch.inService()).isEqualTo(3);
    }

    @Test
    void as_many_as_set_go_by_number_and_by_their_health() {
        smi.gpus(0, 4);
        var watch = GpuWatch.numbered(3, inventory);
        assertThat(watch.inService()).isEqualTo(3);
        watch.look();
        assertThat(watch.devices())
                .extracting(GpuDevice::id, GpuDevice::fault)
                .containsExactly(
                        tuple("0", null),
                        tuple("1", "4 uncorrectable memory errors since its last reset"),
                        tuple("2", "nvidia-smi does not list it"));
        var others =
                GpuWatch.numbered(2, new GpuInventory(folder.resolve("none").toString(), Duration.ofSeconds(5)));
        others.look(); // another maker's
        assertThat(others.inService()).isEqualTo(2);
    }
}
