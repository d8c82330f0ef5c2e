package dev.stationmaster.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured and how it compares with the goals; prints both as Markdown. */
final class Figures {
    private record Samples(String unit, List<Double> values, List<Double> foreign) {}

    private record Goal(String id, String text, double ratio, boolean atMost, double wanted) {}

    private final Map<String, Samples> samples = new LinkedHashMap<>();
    private final List<Goal> goals = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    void add(String name, String unit, double value, double foreignPercent) {
        Samples s = samples.computeIfAbsent(name, n -> new Samples(unit, new ArrayList<>(), new ArrayList<>()));
        s.values().add(value);
        s.foreign().add(foreignPercent);
        System.err.printf(
                Locale.ROOT, "  %-60s %12s %s (foreign %.0f %%)%n", name, number(value), unit, foreignPercent);
    }

    /** A remark under the table. */
    void note(String text) {
        notes.add(text);
    }

    /** What could not be measured: said at once, and under the table. */
    void missing(String text) {
        System.err.println("  left out: " + text);
        notes.add("Left out: " + text);
    }

    /** Compares two medians with a goal; says what is missing where one was not measured. */
    void atLeast(String id, String of, String against, double wanted) {
        goals.add(new Goal(id, of + " / " + against, ratio(of, against), false, wanted));
    }

    void atMost(String id, String of, String against, double wanted) {
        goals.add(new Goal(id, of + " / " + against, ratio(of, against), true, wanted));
    }

    private double ratio(String of, String against) {
        return median(of) / median(against);
    }

    double median(String name) {
        Samples s = samples.get(name);
        return s == null ? Double.NaN : middle(sorted(s.values()));
    }

    private static double middle(double[] sorted) {
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    private static double[] sorted(List<Double> values) {
        return values.stream().mapToDouble(v -> v).sorted().toArray();
    }

    String markdown() {
        var out = new StringBuilder("| figure | median | min - max | n | foreign load |\n|---|---|---|---|---|\n");
        samples.forEach((name, s) -> {
            double[] v = sorted(s.values());
            double[] f = sorted(s.foreign());
            out.append(String.format(
                    Locale.ROOT,
                    "| %s | %s %s | %s - %s | %d | %.0f - %.0f %% |%n",
                    name,
                    number(middle(v)),
                    s.unit(),
                    number(v[0]),
                    number(v[v.length - 1]),
                    v.length,
                    f[0],
                    f[f.length - 1]));
        });
        out.append("\n| goal | ratio of medians | seen | wanted | met |\n|---|---|---|---|---|\n");
        goals.forEach(g -> out.append(String.format(
                Locale.ROOT,
                "| %s | %s | %s | %s %.4g | %s |%n",
                g.id(),
                g.text(),
                Double.isNaN(g.ratio()) ? "-" : String.format(Locale.ROOT, "%.3g", g.ratio()),
                g.atMost() ? "<=" : ">=",
                g.wanted(),
                Double.isNaN(g.ratio()) ? "not measured" : met(g) ? "yes" : "no")));
        notes.forEach(n -> out.append("\n").append(n).append("\n"));
        return out.toString();
    }

    private static boolean met(Goal g) {
        return g.atMost() ? g.ratio() <= g.wanted() : g.ratio() >= g.wanted();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, Math.abs(value) >= 100 ? "%,.0f" : "%.3g", value);
    }
}
