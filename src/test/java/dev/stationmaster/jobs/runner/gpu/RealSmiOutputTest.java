package dev.stationmaster.jobs.runner.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Real outputs, where they are at hand: {@code -Dsmi.samples=FOLDER}. */
class RealSmiOutputTest {
    private static String sample(String name) throws IOException {
        String folder = System.getProperty("smi.samples", "shared/reference/samples");
        Path file = Path.of(folder).resolve(name);
        Assumptions.assumeTrue(Files.isReadable(file), "no samples here");
        return Files.readString(file);
    }

    @Test
    void an_a100_in_mig_mode() throws IOException {
        List<GpuDevice> devices = SmiXml.parse(sample("nvidia-smi-qx-a100-mig-v12.xml"), List.of())
                .orElseThrow();
        assertThat(devices).hasSize(4).allMatch(d -> d.fault() == null);
        assertThat(devices.get(0).memoryBytes()).isEqualTo(19968L << 20);
        assertThat(devices.get(0).id()).isEqualTo("MIG-GPU-513536b6-7d19-9063-b049-1e69664bb298/3/0");
    }

    @Test
    void two_a5000() throws IOException {
        List<GpuDevice> devices = SmiXml.parse(sample("nvidia-smi-qx-2x-a5000-v13.xml"), List.of())
                .orElseThrow();
        assertThat(devices).hasSize(2).allMatch(d -> d.fault() == null && d.id().startsWith("GPU-"));
    }

    @Test
    void a_list_with_parts() throws IOException {
        List<SmiList.Gpu> list = SmiList.parse(sample("nvidia-smi-h100-mig-table.txt"));
        assertThat(list.get(0).slices())
                .extracting(SmiList.Slice::profile)
                .containsExactly("3g.40gb", "2g.20gb", "1g.10gb", "1g.10gb");
    }
}
