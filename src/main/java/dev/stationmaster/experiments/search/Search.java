package dev.stationmaster.experiments.search;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Turns a search space into trials. The same space and seed give the same trials. */
public final class Search {
    private Search() {}

    /** How many points the grid has; capped at {@code Long.MAX_VALUE}. */
    public static long gridSize(List<Parameter> space) {
        long size = 1;
        for (Parameter parameter : space) {
            int points = parameter.points().size();
            size = points == 0 || size <= Long.MAX_VALUE / points ? size * points : Long.MAX_VALUE;
        }
        return size;
    }

    /** Every combination; the last parameter changes fastest. */
    public static List<JsonObject> grid(List<Parameter> space) {
        List<JsonObject> all = List.of(new JsonObject());
        for (Parameter parameter : space) {
            var longer = new ArrayList<JsonObject>();
            for (JsonObject one : all) {
                parameter.points().forEach(point -> longer.add(one.copy().put(parameter.name(), point)));
            }
            all = longer;
        }
        return all;
    }

    /** Independent draws; each trial depends on seed and number only, so more trials keep the first ones. */
    public static List<JsonObject> random(List<Parameter> space, long seed, int trials) {
        var root = new SplittableRandom(seed);
        var all = new ArrayList<JsonObject>();
        for (int i = 0; i < trials; i++) {
            SplittableRandom own = root.split();
            var one = new JsonObject();
            space.forEach(parameter -> one.put(parameter.name(), parameter.draw(own)));
            all.add(one);
        }
        return all;
    }
}
