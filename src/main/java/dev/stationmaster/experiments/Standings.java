package dev.stationmaster.experiments;

import dev.stationmaster.experiments.TrialStore.Best;
import dev.stationmaster.platform.web.Money;
import dev.stationmaster.platform.web.Page;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How far experiments are and what they came to, in a few fields: for lists and feeds. Thread-safe.
 *
 * <p>A verdict needs every trial of its comparison, and never changes once they have ended: the latest are remembered.
 */
final class Standings {
    private static final int REMEMBERED = 1_000;

    private final TrialStore trials;
    private final Map<UUID, JsonObject> verdicts = Collections.synchronizedMap(new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, JsonObject> eldest) {
            return size() > REMEMBERED;
        }
    });

    Standings(TrialStore trials) {
        this.trials = trials;
    }

    /** A page of summaries, each with its standing. */
    Future<JsonObject> page(Page<Experiment> page) {
        return of(page.items())
                .map(all -> page.toJson(e -> e.summary().mergeIn(all.getOrDefault(e.id(), new JsonObject()))));
    }

    Future<JsonObject> of(Experiment e) {
        return of(List.of(e)).map(all -> all.getOrDefault(e.id(), new JsonObject()));
    }

    private Future<Map<UUID, JsonObject>> of(List<Experiment> experiments) {
        List<UUID> ids = experiments.stream().map(Experiment::id).toList();
        return trials.counts(ids).compose(counts -> best(experiments).compose(best -> {
            var standings = new LinkedHashMap<UUID, JsonObject>();
            Future<Void> done = Future.succeededFuture();
            for (Experiment e : experiments) {
                JsonObject states = counts.getOrDefault(e.id(), new JsonObject());
                done = done.compose(before -> verdict(e, states)).map(verdict -> {
                    standings.put(e.id(), json(e, states, best.get(e.id()), verdict));
                    return null;
                });
            }
            return done.map(standings);
        }));
    }

    private Future<Map<UUID, Best>> best(List<Experiment> experiments) {
        List<Experiment> sweeps =
                experiments.stream().filter(e -> "sweep".equals(e.kind())).toList();
        return sweeps.isEmpty() ? Future.succeededFuture(Map.of()) : trials.best(sweeps);
    }

    private Future<@Nullable JsonObject> verdict(Experiment e, JsonObject states) {
        if (!"compare".equals(e.kind()) || !ended(states)) {
            return Future.succeededFuture(null);
        }
        JsonObject known = verdicts.get(e.id());
        return known != null
                ? Future.succeededFuture(known)
                : trials.of(e.id()).map(all -> {
                    JsonObject verdict = verdict(e, all);
                    if (verdict != null) {
                        verdicts.put(e.id(), verdict);
                    }
                    return verdict;
                });
    }

    private static boolean ended(JsonObject states) {
        return TrialState.open().stream().noneMatch(state -> states.containsKey(state.wireName()));
    }

    /** The same of trials at hand, and the cost with it. */
    static JsonObject progress(Experiment e, List<Trial> trials) {
        var states = new JsonObject();
        long cost = 0;
        for (Trial t : trials) {
            String state = t.state().wireName();
            states.put(state, states.getInteger(state, 0) + 1);
            cost += t.costNanos();
        }
        Best best = "sweep".equals(e.kind())
                ? SweepResult.best(e, trials)
                        .map(t -> new Best(t.number(), t.variant(), t.value()))
                        .orElse(null)
                : null;
        JsonObject verdict = "compare".equals(e.kind()) ? verdict(e, trials) : null;
        return json(e, states, best, verdict).put("cost", Money.dollars(cost));
    }

    /** Null before all of its trials have ended. */
    private static @Nullable JsonObject verdict(Experiment e, List<Trial> trials) {
        if (!trials.stream().allMatch(t -> t.state().isFinal())) {
            return null;
        }
        JsonObject result = CompareResult.json(e, trials);
        var variants = new JsonArray();
        for (Object one : result.getJsonArray("variants")) {
            var variant = (JsonObject) one;
            if (variant.getString("verdict") != null) {
                variants.add(new JsonObject()
                        .put("name", variant.getString("name"))
                        .put("verdict", variant.getString("verdict"))
                        .put("rule", variant.getString("rule")));
            }
        }
        return new JsonObject().put("winner", result.getString("winner")).put("variants", variants);
    }

    private static JsonObject json(Experiment e, JsonObject states, @Nullable Best best, @Nullable JsonObject verdict) {
        return new JsonObject()
                .put(
                        "metric",
                        "benchmark".equals(e.kind())
                                ? null
                                : e.plan().objective("").toJson())
                .put("trials", states)
                .put("best", best == null ? null : best.toJson())
                .put("verdict", verdict);
    }
}
