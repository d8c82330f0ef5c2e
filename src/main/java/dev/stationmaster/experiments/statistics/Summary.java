package dev.stationmaster.experiments.statistics;

import java.util.Arrays;
import org.apache.commons.statistics.distribution.TDistribution;
import org.jspecify.annotations.Nullable;

/**
 * Mean, spread and t interval of the mean: {@code mean ± t(df = n - 1) · sd / √n} (Student 1908).
 *
 * @param mean null: no value
 * @param sd of the sample; null: fewer than two values
 * @param interval of the mean; null: fewer than two values
 */
public record Summary(
        int n,
        @Nullable Double mean,
        @Nullable Double sd,
        @Nullable Interval interval) {

    public static Summary of(double[] values, double confidence) {
        int n = values.length;
        if (n == 0) {
            return new Summary(0, null, null, null);
        }
        double mean = Arrays.stream(values).average().orElseThrow();
        if (n == 1) {
            return new Summary(1, mean, null, null);
        }
        double sd = Math.sqrt(
                Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / (n - 1));
        double half = TDistribution.of(n - 1).inverseCumulativeProbability((1 + confidence) / 2) * sd / Math.sqrt(n);
        return new Summary(n, mean, sd, new Interval(mean - half, mean + half));
    }
}
