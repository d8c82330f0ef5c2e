package dev.stationmaster.experiments;

import dev.stationmaster.jobs.JobMessages.Curve;
import dev.stationmaster.jobs.JobMessages.CurvePoint;
import dev.stationmaster.jobs.JobMessages.RunFacts;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Money;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Any jobs side by side, whatever experiments they belong to. Stateless. */
final class RunComparison {
    private static final int MAX_RUNS = 20;
    private static final int MAX_METRICS = 20;
    private static final int POINTS = 200;

    private final Runs runs;

    RunComparison(Runs runs) {
        this.runs = runs;
    }

    /** Of {@code ids} of jobs with commas between; a null metric means all that any of them has. */
    Future<JsonObject> compare(String ids, @Nullable String metric) {
        List<UUID> wanted = ids(ids);
        return runs.facts(wanted).compose(facts -> {
            for (UUID id : wanted) {
                if (!facts.containsKey(id)) {
                    return Future.failedFuture(ApiException.notFound("job", id));
                }
            }
            List<RunFacts> found = wanted.stream()
                    .map(id -> Objects.requireNonNull(facts.get(id)))
                    .toList();
            var names = new LinkedHashSet<String>();
            found.forEach(run -> names.addAll(new JsonObject(run.metricsJson()).fieldNames()));
            List<String> metrics = metric != null
                    ? List.of(metric)
                    : names.stream().sorted().limit(MAX_METRICS).toList();
            return runs.curves(wanted, metrics, POINTS).map(curves -> json(found, metrics, curves));
        });
    }

    private static List<UUID> ids(String text) {
        var ids = new LinkedHashSet<UUID>();
        for (String one : text.split(",", -1)) {
            try {
                ids.add(UUID.fromString(one.strip()));
            } catch (IllegalArgumentException e) {
                throw new ApiException(ErrorCode.BAD_REQUEST, "ids holds something that is no job id: " + one + ".");
            }
        }
        if (ids.size() < 2 || ids.size() > MAX_RUNS) {
            throw new ApiException(
                    ErrorCode.BAD_REQUEST, "Name 2 to " + MAX_RUNS + " different jobs in ids, with commas between.");
        }
        return List.copyOf(ids);
    }

    private static JsonObject json(List<RunFacts> runs, List<String> metrics, List<Curve> curves) {
        var items = new JsonArray();
        runs.forEach(run -> items.add(json(run, metrics)));
        var ofMetrics = new JsonArray();
        metrics.forEach(metric -> ofMetrics.add(aligned(metric, runs, curves)));
        return new JsonObject()
                .put("runs", items)
                .put("hyperparameters", difference(runs))
                .put("metrics", ofMetrics);
    }

    private static JsonObject json(RunFacts run, List<String> metrics) {
        JsonObject latest = new JsonObject(run.metricsJson());
        var perUnit = new JsonObject();
        metrics.forEach(metric -> perUnit.put(metric, costPerUnit(run, Runs.number(latest, metric))));
        return new JsonObject()
                .put("job_id", run.id().toString())
                .put("name", run.name())
                .put("owner", run.owner())
                .put("agent_id", run.agentId())
                .put("agent_name", run.agentName())
                .put("agent_version", run.agentVersion())
                .put("state", run.state())
                .put("simulated", run.simulated())
                .put("steps", run.step())
                .put("metrics", latest)
                .put("cost", Money.dollars(run.costNanos()))
                .put("cost_per_unit", perUnit)
                .put("started_at", Times.iso(run.startedAt()))
                .put("finished_at", Times.iso(run.finishedAt()));
    }

    /** Dollars by the metric's last value; not known for simulated runs and for values that are not above 0. */
    private static @Nullable BigDecimal costPerUnit(RunFacts run, @Nullable Double value) {
        return value == null || value <= 0 || run.simulated()
                ? null
                : Money.dollars(run.costNanos()).divide(BigDecimal.valueOf(value), MathContext.DECIMAL64);
    }

    /** Every hyperparameter with its value in each run; null where a run has none. */
    private static JsonArray difference(List<RunFacts> runs) {
        List<JsonObject> each = runs.stream()
                .map(run -> new JsonObject(run.hyperparametersJson()))
                .toList();
        var names = new TreeSet<String>();
        each.forEach(one -> names.addAll(one.fieldNames()));
        var rows = new JsonArray();
        for (String name : names) {
            var values = new ArrayList<@Nullable Object>();
            each.forEach(one -> values.add(one.getValue(name)));
            boolean differs = values.stream().anyMatch(value -> !Objects.equals(value, values.get(0)));
            rows.add(new JsonObject()
                    .put("name", name)
                    .put("values", new JsonArray(values))
                    .put("differs", differs));
        }
        return rows;
    }

    /** All curves of one metric on the same steps; null where a run reported nothing there. */
    private static JsonObject aligned(String metric, List<RunFacts> runs, List<Curve> curves) {
        var steps = new TreeSet<Long>();
        Map<UUID, Map<Long, Double>> byRun = new HashMap<>();
        for (Curve curve : curves) {
            if (metric.equals(curve.metric())) {
                var at = byRun.computeIfAbsent(curve.jobId(), id -> new HashMap<>());
                for (CurvePoint point : curve.points()) {
                    steps.add(point.step());
                    at.put(point.step(), point.value());
                }
            }
        }
        var series = new JsonObject();
        for (RunFacts run : runs) {
            var values = new JsonArray();
            steps.forEach(
                    step -> values.add(byRun.getOrDefault(run.id(), Map.of()).get(step)));
            series.put(run.id().toString(), values);
        }
        return new JsonObject()
                .put("name", metric)
                .put("steps", new JsonArray(List.copyOf(steps)))
                .put("series", series);
    }
}
