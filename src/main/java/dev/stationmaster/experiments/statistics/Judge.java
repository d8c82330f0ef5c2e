package dev.stationmaster.experiments.statistics;

import dev.stationmaster.experiments.statistics.Verdict.Kind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Compares every variant with the baseline, once, when all runs have ended: reading a fixed-horizon test early and
 * stopping at the first small p multiplies false alarms (Armitage, McPherson and Rowe 1969), so before the end there is no
 * verdict. In this order:
 *
 * <ol>
 *   <li>invalid: simulated and real runs mix, seeds lack a value, or a guardrail is broken
 *   <li>inconclusive: not all runs have ended, or fewer than two pairs
 *   <li>no difference: the interval at {@code 1 - 2 · alpha} lies within the smallest effect that matters (two one-sided
 *       tests, Schuirmann 1987), or every pair is equal
 *   <li>win or lose: Holm's adjusted p is below alpha; the sign of the mean decides
 *   <li>inconclusive: all else. A large p is no proof of equality.
 * </ol>
 *
 * @param confidence such as 0.95; alpha is the rest
 * @param minEffect smallest difference that matters, in the metric's unit; null: nobody said
 * @param seeds all that were planned
 * @param finished whether all runs have ended
 */
public record Judge(
        double confidence, boolean maximize, @Nullable Double minEffect, List<Long> seeds, boolean finished) {
    public Judge {
        seeds = List.copyOf(seeds);
    }

    /** @param difference null for the baseline, as are p and verdict */
    public record Line(
            Arm arm,
            Summary summary,
            @Nullable PairedDifference difference,
            @Nullable Double adjustedP,
            @Nullable Verdict verdict) {}

    /** In the order of {@code arms}; the one named {@code baseline} is the measure. */
    public List<Line> judge(List<Arm> arms, String baseline) {
        Arm base = arms.stream()
                .filter(arm -> arm.name().equals(baseline))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no arm " + baseline));
        var differences = new ArrayList<@Nullable PairedDifference>();
        for (Arm arm : arms) {
            var seeds = arm.common(base);
            differences.add(arm.equals(base) ? null : PairedDifference.of(arm.at(seeds), base.at(seeds), confidence));
        }
        List<@Nullable Double> adjusted = adjusted(differences);
        var lines = new ArrayList<Line>();
        for (int i = 0; i < arms.size(); i++) {
            Arm arm = arms.get(i);
            PairedDifference d = differences.get(i);
            lines.add(new Line(
                    arm,
                    Summary.of(arm.all(), confidence),
                    d,
                    adjusted.get(i),
                    d == null ? null : verdict(arm, base, d, adjusted.get(i), arms)));
        }
        return lines;
    }

    private static List<@Nullable Double> adjusted(List<@Nullable PairedDifference> differences) {
        var known = new ArrayList<Integer>();
        var ps = new ArrayList<Double>();
        for (int i = 0; i < differences.size(); i++) {
            PairedDifference d = differences.get(i);
            if (d != null && d.p() != null) {
                known.add(i);
                ps.add(d.p());
            }
        }
        double[] adjusted =
                Holm.adjust(ps.stream().mapToDouble(Double::doubleValue).toArray());
        var all = new ArrayList<@Nullable Double>(java.util.Collections.nCopies(differences.size(), null));
        for (int i = 0; i < known.size(); i++) {
            all.set(known.get(i), adjusted[i]);
        }
        return all;
    }

    private Verdict verdict(Arm arm, Arm base, PairedDifference d, @Nullable Double p, List<Arm> arms) {
        if (arms.stream().anyMatch(Arm::simulated) && arms.stream().anyMatch(Arm::real)) {
            return Verdict.of(Kind.INVALID, "Simulated and real runs are mixed; they measure different things.");
        }
        if (!arm.brokenGuardrails().isEmpty()) {
            return Verdict.of(Kind.INVALID, String.join(" ", arm.brokenGuardrails()));
        }
        if (!finished) {
            return Verdict.of(Kind.INCONCLUSIVE, "Not all runs have ended; looking early raises false alarms.");
        }
        for (Arm one : List.of(base, arm)) {
            List<Long> missing = seeds.stream()
                    .filter(seed -> !one.values().containsKey(seed))
                    .toList();
            if (!missing.isEmpty()) {
                return Verdict.of(
                        Kind.INVALID,
                        one.name() + " has no value for seed" + (missing.size() == 1 ? " " : "s ")
                                + missing.stream()
                                        .map(String::valueOf)
                                        .limit(10)
                                        .collect(java.util.stream.Collectors.joining(", "))
                                + "; runs that fail are not chosen by chance.");
            }
        }
        return judged(arm, base, d, p);
    }

    private Verdict judged(Arm arm, Arm base, PairedDifference d, @Nullable Double p) {
        Double mean = d.mean();
        if (mean == null || p == null) {
            return Verdict.of(Kind.INCONCLUSIVE, "Fewer than two pairs: there is no measure of the noise.");
        }
        double alpha = 1 - confidence;
        Interval equivalence = PairedDifference.interval(
                arm.at(arm.common(base)), base.at(arm.common(base)), Math.max(0, 1 - 2 * alpha));
        Double margin = minEffect;
        if (margin != null && equivalence != null && equivalence.within(margin)) {
            return Verdict.of(
                    Kind.NO_DIFFERENCE,
                    "The difference lies within ±" + margin + ", the smallest that matters (two one-sided tests).");
        }
        if (mean == 0 && d.effect() == null) {
            return Verdict.of(Kind.NO_DIFFERENCE, "Every pair has the same value.");
        }
        if (p < alpha) {
            boolean better = maximize ? mean > 0 : mean < 0;
            return Verdict.of(
                    better ? Kind.WIN : Kind.LOSE,
                    "Paired t test, adjusted by Holm: p is below " + rounded(alpha) + ", and the mean is "
                            + (better ? "better." : "worse."));
        }
        return Verdict.of(
                Kind.INCONCLUSIVE,
                "Adjusted p is not below " + rounded(alpha) + "; more repetitions narrow the interval.");
    }

    private static double rounded(double alpha) {
        return Math.round(alpha * 1e6) / 1e6;
    }
}
