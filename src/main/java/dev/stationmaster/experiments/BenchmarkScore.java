package dev.stationmaster.experiments;

import dev.stationmaster.experiments.statistics.Arm;
import dev.stationmaster.experiments.statistics.Summary;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What one version of an agent reached in a suite. */
record BenchmarkScore(
        UUID experimentId,
        long agentId,
        String agentVersion,
        ExperimentState state,
        @Nullable OffsetDateTime finishedAt,
        boolean simulated,
        List<Case> cases) {
    /** @param arm the values by seed */
    record Case(String name, Objective objective, Arm arm, Summary summary) {
        JsonObject toJson() {
            return new JsonObject()
                    .put("name", name)
                    .put("metric", objective.toJson())
                    .put("n", summary.n())
                    .put("mean", summary.mean())
                    .put("sd", summary.sd())
                    .put("confidence_interval", CompareResult.json(summary.interval()));
        }
    }

    BenchmarkScore {
        cases = List.copyOf(cases);
    }

    static BenchmarkScore of(Experiment e, List<Trial> trials) {
        List<Case> cases = e.plan().variants().stream()
                .map(name -> {
                    Arm arm = CompareResult.arm(name, trials, List.of());
                    double[] values = arm.values().values().stream()
                            .mapToDouble(Double::doubleValue)
                            .toArray();
                    return new Case(
                            name,
                            e.plan().objective(name),
                            arm,
                            Summary.of(values, e.plan().confidence()));
                })
                .toList();
        Long agent = e.agentId();
        return new BenchmarkScore(
                e.id(),
                agent == null ? 0 : agent,
                String.valueOf(e.agentVersion()),
                e.state(),
                e.finishedAt(),
                cases.stream().anyMatch(c -> c.arm().simulated()),
                cases);
    }

    JsonArray toJson() {
        var array = new JsonArray();
        cases.forEach(c -> array.add(c.toJson()));
        return array;
    }

    JsonObject line() {
        return new JsonObject()
                .put("experiment_id", experimentId.toString())
                .put("agent_id", agentId)
                .put("agent_version", agentVersion)
                .put("simulated", simulated)
                .put("finished_at", Times.iso(finishedAt))
                .put("cases", toJson());
    }
}
