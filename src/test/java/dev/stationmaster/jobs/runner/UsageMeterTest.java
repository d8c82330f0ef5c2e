package dev.stationmaster.jobs.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.stationmaster.platform.process.ProcFs;
import dev.stationmaster.platform.process.ProcessStat;
import java.util.List;
import org.junit.jupiter.api.Test;

class UsageMeterTest {
    private static final long SECOND = 1_000_000_000L;

    private final UsageMeter meter = new UsageMeter();

    @Test
    void processor_use_is_unknown_until_the_second_look() {
        assertThat(meter.measure(List.of(process(1, 500, 10)), 0)).isEqualTo(new Usage(null, 10 * ProcFs.pageBytes()));
        assertThat(meter.measure(List.of(process(1, 550, 10)), SECOND).cpuCores())
                .isEqualTo(0.5);
    }

    @Test
    void sums_the_family_and_counts_a_newcomer_from_zero() {
        meter.measure(List.of(process(1, 500, 10)), 0);
        Usage usage = meter.measure(List.of(process(1, 600, 10), process(2, 100, 5)), 2 * SECOND);
        assertThat(usage.cpuCores()).isEqualTo(1.0, within(1e-9));
        assertThat(usage.memoryBytes()).isEqualTo(15 * ProcFs.pageBytes());
    }

    @Test
    void nothing_found_is_unknown_memory_not_zero() {
        assertThat(meter.measure(List.of(), 0)).isEqualTo(new Usage(null, null));
    }

    private static ProcessStat process(long pid, long ticks, long pages) {
        return new ProcessStat(pid, 'S', 1, 1, ticks, 77, pages);
    }
}
