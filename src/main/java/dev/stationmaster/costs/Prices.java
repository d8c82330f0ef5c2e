package dev.stationmaster.costs;

import dev.stationmaster.platform.config.SettingsReader;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** What resources cost in US dollars an hour, from the settings. */
public record Prices(BigDecimal cpuCoreHour, BigDecimal memoryGibHour, BigDecimal gpuHour) {
    private static final BigDecimal GIB = BigDecimal.valueOf(1L << 30);

    public static Prices read(SettingsReader r) {
        return new Prices(
                r.dollars("prices.cpu_core_hour"), r.dollars("prices.memory_gib_hour"), r.dollars("prices.gpu_hour"));
    }

    /** Nano-dollars an hour: whole numbers, where those a second would not be. */
    long cpuRate(long cpuMillis) {
        return rate(cpuCoreHour, BigDecimal.valueOf(cpuMillis, 3));
    }

    long memoryRate(long bytes) {
        return rate(memoryGibHour, BigDecimal.valueOf(bytes).divide(GIB, 12, RoundingMode.HALF_UP));
    }

    long gpuRate(int gpus) {
        return rate(gpuHour, BigDecimal.valueOf(gpus));
    }

    private static long rate(BigDecimal perHour, BigDecimal amount) {
        return perHour.multiply(amount)
                .movePointRight(9)
                .setScale(0, RoundingMode.HALF_UP)
                .longValueExact();
    }
}
