package dev.stationmaster.experiments.statistics;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Adjusts p-values for asking several questions at once: the i-th smallest of m is multiplied by {@code m - i + 1}, never
 * below the one before, at most 1 (Holm 1979, A simple sequentially rejective multiple test procedure). It keeps the
 * chance of any false alarm below alpha whatever the questions have to do with each other.
 */
public final class Holm {
    private Holm() {}

    /** In the order of {@code p}. */
    public static double[] adjust(double... p) {
        Integer[] order = new Integer[p.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingDouble(i -> p[i]));
        double[] adjusted = new double[p.length];
        double least = 0;
        for (int rank = 0; rank < p.length; rank++) {
            least = Math.max(least, Math.min(1, (p.length - rank) * p[order[rank]]));
            adjusted[order[rank]] = least;
        }
        return adjusted;
    }
}
