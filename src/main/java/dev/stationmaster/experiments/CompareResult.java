package dev.stationmaster.experiments;

import dev.stationmaster.experiments.statistics.Arm;
import dev.stationmaster.experiments.statistics.Interval;
import dev.stationmaster.experiments.statistics.Judge;
import dev.stationmaster.experiments.statistics.PairedDifference;
import dev.stationmaster.experiments.statistics.Verdict;
import dev.stationmaster.platform.web.Money;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a comparison came to. Pure. */
final class CompareResult {
    private CompareResult() {}

    static JsonObject json(Experiment e, List<Trial> trials) {
        Plan plan = e.plan();
        Objective objective = plan.objective(plan.baseline());
        boolean finished = trials.stream().allMatch(t -> t.state().isFinal());
        var judge = new Judge(plan.confidence(), objective.maximize(), plan.minEffect(), plan.seeds(), finished);
        List<Arm> arms = plan.variants().stream()
                .map(name -> arm(name, trials, plan.guardrails()))
                .toList();
        List<Judge.Line> lines = judge.judge(arms, plan.baseline());
        var variants = new JsonArray();
        lines.forEach(line -> variants.add(json(line, trials, plan.guardrails())));
        return new JsonObject()
                .put("metric", objective.toJson())
                .put("baseline", plan.baseline())
                .put("confidence", plan.confidence())
                .put("min_effect", plan.minEffect())
                .put("winner", winner(lines, objective))
                .put("variants", variants);
    }

    /** The best of those that won against the baseline; null: nobody did. */
    private static @Nullable String winner(List<Judge.Line> lines, Objective objective) {
        String winner = null;
        double best = 0;
        for (Judge.Line line : lines) {
            Verdict verdict = line.verdict();
            Double mean = line.summary().mean();
            if (verdict != null
                    && mean != null
                    && verdict.kind() == Verdict.Kind.WIN
                    && (winner == null || objective.better(mean, best))) {
                winner = line.arm().name();
                best = mean;
            }
        }
        return winner;
    }

    /** Runs that failed, were cancelled or never reported the metric leave their seed without a value. */
    static Arm arm(String name, List<Trial> trials, List<Plan.Guardrail> guardrails) {
        List<Trial> own = trials.stream().filter(t -> name.equals(t.variant())).toList();
        var values = new TreeMap<Long, Double>();
        for (Trial t : own) {
            Double value = t.value();
            if (t.state() == TrialState.SUCCEEDED && value != null) {
                values.put(t.seed(), value);
            }
        }
        List<String> broken = guardrails.stream()
                .flatMap(limit -> GuardrailCheck.of(limit, own).problems().stream())
                .toList();
        return new Arm(
                name,
                values,
                broken,
                own.stream().anyMatch(t -> Boolean.TRUE.equals(t.simulated())),
                own.stream().anyMatch(t -> Boolean.FALSE.equals(t.simulated())));
    }

    private static JsonObject json(Judge.Line line, List<Trial> trials, List<Plan.Guardrail> guardrails) {
        PairedDifference d = line.difference();
        Verdict verdict = line.verdict();
        String name = line.arm().name();
        List<Trial> own = trials.stream().filter(t -> name.equals(t.variant())).toList();
        long cost = own.stream().mapToLong(Trial::costNanos).sum();
        var checks = new JsonArray();
        guardrails.forEach(limit -> checks.add(GuardrailCheck.of(limit, own).toJson()));
        return new JsonObject()
                .put("name", name)
                .put("n", line.summary().n())
                .put("mean", line.summary().mean())
                .put("sd", line.summary().sd())
                .put("confidence_interval", json(line.summary().interval()))
                .put("cost", Money.dollars(cost))
                .put(
                        "against_baseline",
                        d == null
                                ? null
                                : new JsonObject()
                                        .put("pairs", d.n())
                                        .put("mean_difference", d.mean())
                                        .put("confidence_interval", json(d.interval()))
                                        .put("p", d.p())
                                        .put("p_adjusted", line.adjustedP())
                                        .put("effect_size", d.effect())
                                        .put("effect_size_interval", json(d.effectInterval())))
                .put("verdict", verdict == null ? null : verdict.kind().wireName())
                .put("rule", verdict == null ? null : verdict.rule())
                .put("guardrails", checks);
    }

    static @Nullable JsonArray json(@Nullable Interval interval) {
        return interval == null ? null : new JsonArray().add(interval.low()).add(interval.high());
    }
}
