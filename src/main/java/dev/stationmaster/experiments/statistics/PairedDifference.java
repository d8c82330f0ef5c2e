package dev.stationmaster.experiments.statistics;

import java.util.Arrays;
import org.apache.commons.statistics.distribution.NormalDistribution;
import org.apache.commons.statistics.inference.TTest;
import org.jspecify.annotations.Nullable;

/**
 * How one variant differs from another in pairs that share a seed, which takes the luck of the seed out of the noise.
 *
 * <p>p is the two-sided paired t test's (Student 1908); the effect size is Hedges' g of the differences: their mean by
 * their standard deviation, times {@code 1 - 3 / (4 · df - 1)} against the bias of small samples (Hedges 1981), with the
 * large-sample interval {@code g ± z · √(1/n + g²/(2n))} (Borenstein et al. 2009, Introduction to Meta-Analysis, ch. 4).
 * Where all pairs differ by the same amount there is no spread: p is 1 for no difference and 0 else, and there is no
 * effect size.
 *
 * @param n pairs
 * @param mean of variant - baseline
 * @param p two-sided; null: fewer than two pairs
 * @param effect null: fewer than two pairs, or no spread
 */
public record PairedDifference(
        int n,
        @Nullable Double mean,
        @Nullable Interval interval,
        @Nullable Double p,
        @Nullable Double effect,
        @Nullable Interval effectInterval) {

    /** Both in the order of the pairs. */
    public static PairedDifference of(double[] variant, double[] baseline, double confidence) {
        if (variant.length != baseline.length) {
            throw new IllegalArgumentException(variant.length + " values against " + baseline.length);
        }
        double[] d = new double[variant.length];
        Arrays.setAll(d, i -> variant[i] - baseline[i]);
        Summary s = Summary.of(d, confidence);
        Double mean = s.mean();
        Double sd = s.sd();
        if (mean == null || sd == null) {
            return new PairedDifference(d.length, mean, null, null, null, null);
        }
        boolean noSpread = sd <= 1e-12 * Math.max(1e-300, Math.abs(mean));
        if (noSpread) {
            return new PairedDifference(d.length, mean, s.interval(), mean == 0 ? 1.0 : 0.0, null, null);
        }
        double p = TTest.withDefaults().pairedTest(variant, baseline).getPValue();
        int n = d.length;
        double g = mean / sd * (1 - 3.0 / (4 * (n - 1) - 1));
        double z = NormalDistribution.of(0, 1).inverseCumulativeProbability((1 + confidence) / 2);
        double half = z * Math.sqrt(1.0 / n + g * g / (2 * n));
        return new PairedDifference(n, mean, s.interval(), p, g, new Interval(g - half, g + half));
    }

    /** Of the mean difference. */
    static @Nullable Interval interval(double[] variant, double[] baseline, double confidence) {
        double[] d = new double[variant.length];
        Arrays.setAll(d, i -> variant[i] - baseline[i]);
        return Summary.of(d, confidence).interval();
    }
}
