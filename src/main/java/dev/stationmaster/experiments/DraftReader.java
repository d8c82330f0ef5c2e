package dev.stationmaster.experiments;

import dev.stationmaster.experiments.search.Parameter;
import dev.stationmaster.experiments.search.Search;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Money;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Turns the body of POST /experiments into a draft, or says everything that is wrong with it at once. */
final class DraftReader {
    /** Of one experiment. */
    static final int MAX_RUNS = 1_000;

    private static final int DEFAULT_REPETITIONS = 5;
    private static final int DEFAULT_CONCURRENT = 4;

    private final JsonObject body;
    private final List<FieldError> errors = new ArrayList<>();

    private DraftReader(JsonObject body) {
        this.body = body;
    }

    /** The body fits the contract. Fails with INVALID_FIELD. */
    static Draft read(JsonObject body, String bodyText) {
        if (bodyText.contains("\\u0000")) {
            throw new ApiException(ErrorCode.INVALID_FIELD, "The body holds a NUL character; it can't be stored.");
        }
        return new DraftReader(body).read();
    }

    private Draft read() {
        boolean compare = "compare".equals(body.getString("kind"));
        List<Draft.Run> runs = compare ? compared() : swept();
        checkGuardrails();
        if (runs.size() > MAX_RUNS) {
            error(
                    "/" + (compare ? "variants" : "sweep"),
                    "These are " + runs.size() + " runs; at most " + MAX_RUNS + ".");
        }
        throwIfAny(errors);
        var plan = body.copy();
        List.of("kind", "name", "description", "max_concurrent", "budget_limit", "repetitions")
                .forEach(plan::remove);
        plan.put(
                "seeds",
                new JsonArray(runs.stream().map(Draft.Run::seed).distinct().toList()));
        if (compare) {
            plan.put("baseline", body.getString("baseline", runs.get(0).variant()));
            plan.put("confidence", body.getDouble("confidence", 0.95));
        }
        return new Draft(
                body.getString("kind"),
                body.getString("name"),
                body.getString("description"),
                new Plan(plan),
                body.getInteger("max_concurrent", DEFAULT_CONCURRENT),
                budget(body),
                null,
                runs);
    }

    static @Nullable Long budget(JsonObject body) {
        Object limit = body.getValue("budget_limit");
        return limit == null ? null : Money.nanos(limit);
    }

    static void throwIfAny(List<FieldError> errors) {
        if (!errors.isEmpty()) {
            throw new ApiException(
                    ErrorCode.INVALID_FIELD,
                    errors.size() == 1 ? errors.get(0).detail() : "Several fields are wrong; see errors.",
                    errors);
        }
    }

    /** Seed by seed, so that the runs of a pair are close in time. */
    private List<Draft.Run> compared() {
        JsonArray variants = body.getJsonArray("variants", new JsonArray());
        if (body.containsKey("sweep")) {
            error("/sweep", "An experiment of kind compare has no sweep.");
        }
        if (variants.size() < 2) {
            error("/variants", "A comparison needs at least two variants.");
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < variants.size(); i++) {
            String name = variants.getJsonObject(i).getString("name");
            if (!names.add(name)) {
                error("/variants/" + i + "/name", "There are two variants named " + name + ".");
            }
        }
        String baseline = body.getString("baseline");
        if (baseline != null && !names.contains(baseline)) {
            error("/baseline", "There is no variant " + baseline + ".");
        }
        List<Long> seeds = seeds(body, errors);
        if ((long) seeds.size() * variants.size() > MAX_RUNS) {
            error("/variants", "These are more than " + MAX_RUNS + " runs; take fewer variants or repetitions.");
            return List.of();
        }
        var runs = new ArrayList<Draft.Run>();
        for (long seed : seeds) {
            for (Object one : variants) {
                var v = (JsonObject) one;
                runs.add(new Draft.Run(
                        v.getString("name"),
                        seed,
                        v.getLong("agent_id"),
                        v.getString("agent_version"),
                        v.getJsonObject("hyperparameters", new JsonObject())));
            }
        }
        return runs;
    }

    /** As listed, or 1, 2, … for so many repetitions. */
    static List<Long> seeds(JsonObject body, List<FieldError> errors) {
        JsonArray given = body.getJsonArray("seeds");
        Integer repetitions = body.getInteger("repetitions");
        if (given == null) {
            return LongStream.rangeClosed(1, repetitions == null ? DEFAULT_REPETITIONS : repetitions)
                    .boxed()
                    .toList();
        }
        List<Long> seeds =
                given.stream().map(seed -> ((Number) seed).longValue()).toList();
        if (repetitions != null && repetitions != seeds.size()) {
            errors.add(new FieldError("/seeds", "There must be one seed for each repetition."));
        }
        return seeds;
    }

    private List<Draft.Run> swept() {
        JsonObject sweep = body.getJsonObject("sweep");
        for (String name : List.of("variants", "baseline", "repetitions", "seeds", "min_effect", "confidence")) {
            if (body.containsKey(name)) {
                error("/" + name, "An experiment of kind sweep has no " + name + ".");
            }
        }
        if (sweep == null) {
            error("/sweep", "An experiment of kind sweep needs sweep.");
            return List.of();
        }
        boolean grid = "grid".equals(sweep.getString("method"));
        for (var parameter : sweep.getJsonObject("parameters")) {
            Parameter.problem((JsonObject) parameter.getValue(), grid)
                    .ifPresent(problem -> error("/sweep/parameters/" + parameter.getKey(), problem));
        }
        checkMethod(sweep, grid);
        if (!errors.isEmpty()) {
            return List.of();
        }
        return drawn(sweep, grid);
    }

    private List<Draft.Run> drawn(JsonObject sweep, boolean grid) {
        List<Parameter> space = Plan.parameters(sweep);
        long seed = sweep.getLong("seed", 1L);
        long size = grid ? Search.gridSize(space) : sweep.getInteger("trials");
        if (size > MAX_RUNS) {
            error("/sweep/parameters", "The grid has " + size + " points; at most " + MAX_RUNS + ".");
            return List.of();
        }
        List<JsonObject> points = grid ? Search.grid(space) : Search.random(space, seed, (int) size);
        JsonObject fixed = sweep.getJsonObject("hyperparameters", new JsonObject());
        var runs = new ArrayList<Draft.Run>();
        for (JsonObject point : points) {
            runs.add(new Draft.Run(
                    "trial-" + (runs.size() + 1),
                    seed,
                    sweep.getLong("agent_id"),
                    sweep.getString("agent_version"),
                    fixed.copy().mergeIn(point)));
        }
        return runs;
    }

    private void checkMethod(JsonObject sweep, boolean grid) {
        if (grid == sweep.containsKey("trials")) {
            error("/sweep/trials", grid ? "A grid's size follows from its parameters." : "Say how many trials.");
        }
        boolean asha = "asha".equals(sweep.getString("method"));
        for (String name : List.of("min_steps", "max_steps", "reduction_factor")) {
            if (!asha && sweep.containsKey(name)) {
                error("/sweep/" + name, "Only the method asha has " + name + ".");
            }
        }
        if (!asha) {
            return;
        }
        if (!sweep.containsKey("min_steps") || !sweep.containsKey("max_steps")) {
            error("/sweep/min_steps", "The method asha needs min_steps and max_steps.");
        } else if (sweep.getLong("min_steps") >= sweep.getLong("max_steps")) {
            error("/sweep/max_steps", "max_steps must be above min_steps.");
        }
    }

    private void checkGuardrails() {
        JsonArray guardrails = body.getJsonArray("guardrails", new JsonArray());
        for (int i = 0; i < guardrails.size(); i++) {
            JsonObject g = guardrails.getJsonObject(i);
            if (!g.containsKey("min") && !g.containsKey("max")) {
                error("/guardrails/" + i, "A guardrail has a min, a max, or both.");
            }
        }
    }

    private void error(String pointer, String detail) {
        errors.add(new FieldError(pointer, detail));
    }
}
