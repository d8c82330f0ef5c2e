package dev.stationmaster.experiments;

import dev.stationmaster.jobs.JobMessages.CancelJob;
import dev.stationmaster.jobs.JobMessages.Curve;
import dev.stationmaster.jobs.JobMessages.DeleteCheckpoints;
import dev.stationmaster.jobs.JobMessages.FindCurves;
import dev.stationmaster.jobs.JobMessages.FindRunValues;
import dev.stationmaster.jobs.JobMessages.FindRuns;
import dev.stationmaster.jobs.JobMessages.RunFacts;
import dev.stationmaster.jobs.JobMessages.RunValues;
import dev.stationmaster.jobs.JobMessages.SubmitJob;
import dev.stationmaster.platform.bus.Bus;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The jobs of experiments, asked for over the bus. */
final class Runs {
    private static final int CHUNK = 500;

    private final Bus bus;

    Runs(Bus bus) {
        this.bus = bus;
    }

    /** The key makes it the same job however often it is asked for. */
    Future<UUID> submit(Experiment e, Trial t) {
        JsonObject job = e.plan().job();
        JsonObject training = e.plan()
                .trainingConfig(t.variant())
                .put("seed", t.seed())
                .put("experiment_id", e.id().toString())
                .put("trial", t.number());
        JsonObject resources = job.getJsonObject("resource_requirements");
        Map<String, String> labels = new LinkedHashMap<>();
        job.getJsonObject("labels", new JsonObject())
                .forEach(label -> labels.put(label.getKey(), "" + label.getValue()));
        labels.put("experiment", e.id().toString());
        labels.put("variant", t.variant());
        labels.put("trial", Integer.toString(t.number()));
        return bus.request(new SubmitJob(
                        e.ownerId(),
                        t.agentId(),
                        t.agentVersion(),
                        name(e, t),
                        t.hyperparameters().encode(),
                        training.encode(),
                        resources == null ? null : resources.encode(),
                        job.getInteger("priority", 5),
                        job.getString("queue", "default"),
                        job.getInteger("max_attempts", 1),
                        job.getLong("timeout_seconds"),
                        labels,
                        "experiment/" + e.id() + "/" + t.number()))
                .map(submitted -> submitted.jobId());
    }

    private static String name(Experiment e, Trial t) {
        return e.name() + " / " + t.variant() + " / seed " + t.seed();
    }

    Future<?> cancel(Experiment e, UUID job) {
        return bus.request(new CancelJob(job, actor(e)));
    }

    /** The name in the audit log. */
    static String actor(Experiment e) {
        return "experiment:" + e.id();
    }

    Future<Map<UUID, RunFacts>> facts(List<UUID> jobs) {
        var all = new HashMap<UUID, RunFacts>();
        Future<Void> done = Future.succeededFuture();
        for (List<UUID> some : chunks(jobs)) {
            done = done.compose(before -> bus.request(new FindRuns(some))).map(found -> {
                found.runs().forEach(run -> all.put(run.id(), run));
                return null;
            });
        }
        return done.map(all);
    }

    Future<Map<UUID, RunValues>> values(List<UUID> jobs, String metric, List<Long> steps) {
        var all = new HashMap<UUID, RunValues>();
        Future<Void> done = Future.succeededFuture();
        for (List<UUID> some : chunks(jobs)) {
            done = done.compose(before -> bus.request(new FindRunValues(some, metric, steps)))
                    .map(found -> {
                        found.runs().forEach(run -> all.put(run.jobId(), run));
                        return null;
                    });
        }
        return done.map(all);
    }

    Future<List<Curve>> curves(List<UUID> jobs, List<String> metrics, int points) {
        return jobs.isEmpty() || metrics.isEmpty()
                ? Future.succeededFuture(List.of())
                : bus.request(new FindCurves(jobs, metrics, points)).map(found -> found.curves());
    }

    Future<List<UUID>> deleteCheckpoints(List<UUID> jobs) {
        return bus.request(new DeleteCheckpoints(jobs)).map(done -> done.jobIds());
    }

    private static List<List<UUID>> chunks(List<UUID> ids) {
        var chunks = new ArrayList<List<UUID>>();
        for (int from = 0; from < ids.size(); from += CHUNK) {
            chunks.add(ids.subList(from, Math.min(ids.size(), from + CHUNK)));
        }
        return chunks;
    }

    /** Null where the job's JSON does not say. */
    static @Nullable Double number(JsonObject json, String name) {
        return json.getValue(name) instanceof Number n ? (Double) n.doubleValue() : null;
    }
}
