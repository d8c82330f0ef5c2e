package dev.stationmaster.experiments.statistics;

import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One variant's outcome.
 *
 * @param values the primary metric by seed; seeds without a value are missing
 * @param brokenGuardrails sentences for people
 * @param simulated some run was simulated
 * @param real some run was real
 */
public record Arm(
        String name,
        NavigableMap<Long, Double> values,
        List<String> brokenGuardrails,
        boolean simulated,
        boolean real) {
    public Arm {
        values = java.util.Collections.unmodifiableNavigableMap(new TreeMap<>(values));
        brokenGuardrails = List.copyOf(brokenGuardrails);
    }

    double[] all() {
        return values.values().stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** The values for these seeds, in their order; each must be there. */
    double[] at(TreeSet<Long> seeds) {
        return seeds.stream().mapToDouble(values::get).toArray();
    }

    /** Seeds that both have. */
    TreeSet<Long> common(Arm other) {
        var seeds = new TreeSet<>(values.keySet());
        seeds.retainAll(other.values().keySet());
        return seeds;
    }
}
