package dev.stationmaster.experiments;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.db.IdempotencyStore;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Page;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Suites, their runs by evaluation agents, and what came out. A run is an experiment whose variants are the cases. */
final class BenchmarkService {
    private static final int MAX_SCORES = 200;
    private static final int MAX_NAME = 100;

    private final BenchmarkStore store;
    private final ExperimentStore experimentStore;
    private final ExperimentService experiments;
    private final Clock clock;

    BenchmarkService(
            BenchmarkStore store, ExperimentStore experimentStore, ExperimentService experiments, Clock clock) {
        this.store = store;
        this.experimentStore = experimentStore;
        this.experiments = experiments;
        this.clock = clock;
    }

    Future<Benchmark> find(UUID id) {
        return store.byId(id).map(found -> found.orElseThrow(() -> ApiException.notFound("benchmark", id)));
    }

    Future<Page<Benchmark>> list(int limit, @Nullable String cursor) {
        return store.page(Page.numberCursor(cursor), limit + 1).map(rows -> Page.of(rows, limit, Benchmark::seq));
    }

    Future<Benchmark> create(Caller caller, JsonObject body, Optional<String> key, String bodyText) {
        if (bodyText.contains("\\u0000")) {
            throw new ApiException(ErrorCode.INVALID_FIELD, "The body holds a NUL character; it can't be stored.");
        }
        var errors = new ArrayList<FieldError>();
        JsonArray cases = body.getJsonArray("cases");
        var names = new HashSet<String>();
        for (int i = 0; i < cases.size(); i++) {
            String name = cases.getJsonObject(i).getString("name");
            if (!names.add(name)) {
                errors.add(new FieldError("/cases/" + i + "/name", "There are two cases named " + name + "."));
            }
        }
        List<Long> seeds = DraftReader.seeds(body, errors);
        if ((long) seeds.size() * cases.size() > DraftReader.MAX_RUNS) {
            errors.add(new FieldError("/cases", "These are more than " + DraftReader.MAX_RUNS + " runs."));
        }
        DraftReader.throwIfAny(errors);
        var plan = new JsonObject()
                .put("cases", cases)
                .put("seeds", new JsonArray(seeds))
                .put("confidence", body.getDouble("confidence", 0.95));
        var benchmark = new Benchmark(
                Ids.next(),
                0,
                body.getString("name"),
                body.getString("description"),
                caller.userId(),
                caller.username(),
                new Plan(plan),
                clock.utc());
        var idempotency = key.map(k -> IdempotencyStore.Key.of(caller.userId(), "createBenchmark", k, bodyText))
                .orElse(null);
        var entry = new AuditEntry(
                caller.actor(),
                "benchmark.create",
                "benchmark/" + benchmark.id(),
                null,
                benchmark.toJson().encode(),
                caller.requestId());
        return store.insert(benchmark, idempotency, entry)
                .compose(earlier -> find(earlier.map(UUID::fromString).orElse(benchmark.id())));
    }

    /** As an experiment of kind benchmark. Only agents of type evaluation may run suites. */
    Future<Experiment> run(Caller caller, UUID id, JsonObject body, Optional<String> key, String bodyText) {
        var needed = new Draft.Needed(body.getLong("agent_id"), body.getString("version"));
        return find(id).compose(benchmark -> experiments.agent(caller, needed).compose(agent -> {
            if (!"evaluation".equals(agent.type())) {
                return Future.failedFuture(new ApiException(
                        ErrorCode.INVALID_FIELD,
                        "Agent " + agent.name() + " is of type " + agent.type()
                                + "; only agents of type evaluation run benchmarks.",
                        List.of(new FieldError("/agent_id", "not of type evaluation"))));
            }
            var runs = new ArrayList<Draft.Run>();
            for (long seed : benchmark.plan().seeds()) {
                for (Object one : benchmark.plan().json().getJsonArray("cases")) {
                    var c = (JsonObject) one;
                    runs.add(new Draft.Run(
                            c.getString("name"),
                            seed,
                            agent.id(),
                            agent.version(),
                            c.getJsonObject("hyperparameters", new JsonObject())));
                }
            }
            JsonObject plan = benchmark.plan().json().copy();
            if (body.containsKey("job")) {
                plan.put("job", body.getJsonObject("job"));
            }
            var draft = new Draft(
                    "benchmark",
                    name(benchmark, agent.name() + " " + agent.version()),
                    null,
                    new Plan(plan),
                    body.getInteger("max_concurrent", 4),
                    DraftReader.budget(body),
                    id,
                    runs);
            return experiments.start(caller, draft, "runBenchmark/" + id, key, bodyText);
        }));
    }

    /** Not longer than other names of experiments. */
    private static String name(Benchmark benchmark, String agent) {
        String name = benchmark.name() + " / " + agent;
        return name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME);
    }

    Future<Page<Experiment>> runs(UUID id, @Nullable Long agentId, int limit, @Nullable String cursor) {
        return find(id).compose(found -> experimentStore.ofBenchmark(id, agentId, Page.numberCursor(cursor), limit + 1))
                .map(rows -> Page.of(rows, limit, Experiment::seq));
    }

    Future<List<BenchmarkReport.Place>> leaderboard(UUID id) {
        return find(id).compose(found -> store.latest(id, null, MAX_SCORES))
                .compose(this::scores)
                .map(BenchmarkReport::leaderboard);
    }

    /** Of one agent, in the order in which its versions ran the suite first. */
    Future<JsonObject> history(UUID id, long agentId) {
        return find(id).compose(benchmark -> store.latest(id, agentId, MAX_SCORES)
                .compose(this::scores)
                .compose(scores -> store.firstSeen(id, agentId).map(seen -> {
                    List<BenchmarkScore> ordered = scores.stream()
                            .sorted(Comparator.comparing(
                                    score -> seen.getOrDefault(score.agentVersion(), Long.MAX_VALUE)))
                            .toList();
                    return new JsonObject()
                            .put("agent_id", agentId)
                            .put(
                                    "items",
                                    BenchmarkReport.history(
                                            ordered, benchmark.plan().confidence()));
                })));
    }

    private Future<List<BenchmarkScore>> scores(List<Experiment> found) {
        var scores = new ArrayList<BenchmarkScore>();
        Future<Void> done = Future.succeededFuture();
        for (Experiment e : found) {
            done = done.compose(before -> experiments.trials(e.id())).map(trials -> {
                scores.add(BenchmarkScore.of(e, trials));
                return null;
            });
        }
        return done.map(scores);
    }
}
