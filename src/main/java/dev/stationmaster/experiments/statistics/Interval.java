package dev.stationmaster.experiments.statistics;

/** From {@code low} to {@code high}. */
public record Interval(double low, double high) {
    /** Whether all of it lies between {@code -margin} and {@code margin}. */
    boolean within(double margin) {
        return low > -margin && high < margin;
    }
}
