package dev.stationmaster.experiments.search;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One hyperparameter to search: either a list of values, or a range.
 *
 * @param values null for a range
 * @param count points of a range in a grid; 0: not said
 */
public record Parameter(
        String name, @Nullable List<Object> values, double min, double max, boolean whole, boolean log, int count) {
    public Parameter {
        values = values == null ? null : List.copyOf(values);
    }

    /** Of {@code {"values": […]}} or {@code {"min": …, "max": …, "type": "int" | "float", "scale": …, "count": …}}. */
    public static Parameter of(String name, JsonObject json) {
        JsonArray values = json.getJsonArray("values");
        return new Parameter(
                name,
                values == null ? null : values.stream().toList(),
                json.getDouble("min", 0.0),
                json.getDouble("max", 0.0),
                "int".equals(json.getString("type")),
                "log".equals(json.getString("scale")),
                json.getInteger("count", 0));
    }

    /** What is wrong with it, for people. */
    public static Optional<String> problem(JsonObject json, boolean grid) {
        boolean list = json.containsKey("values");
        if (list == (json.containsKey("min") || json.containsKey("max"))) {
            return Optional.of("Say either values, or min and max.");
        }
        if (list) {
            return Optional.empty();
        }
        if (!json.containsKey("min") || !json.containsKey("max") || json.getDouble("min") >= json.getDouble("max")) {
            return Optional.of("A range has a min and a larger max.");
        }
        if ("log".equals(json.getString("scale")) && json.getDouble("min") <= 0) {
            return Optional.of("A logarithmic scale begins above 0.");
        }
        return grid && !json.containsKey("count")
                ? Optional.of("A range in a grid needs count, the number of its points.")
                : Optional.empty();
    }

    /** Its points in a grid, evenly spaced on its scale; whole numbers only once each. */
    List<Object> points() {
        if (values != null) {
            return values;
        }
        var points = new ArrayList<Object>();
        for (int i = 0; i < count; i++) {
            Object point = at(count == 1 ? 0.5 : i / (count - 1.0));
            if (!points.contains(point)) {
                points.add(point);
            }
        }
        return points;
    }

    Object draw(SplittableRandom random) {
        return values == null ? at(random.nextDouble()) : values.get(random.nextInt(values.size()));
    }

    private Object at(double share) {
        double x = log ? Math.exp(Math.log(min) + share * (Math.log(max) - Math.log(min))) : min + share * (max - min);
        double exact = share == 0 ? min : share == 1 ? max : x; // no rounding at the ends
        double inside = Math.max(min, Math.min(max, exact));
        return whole ? (Object) Math.round(inside) : (Object) inside;
    }
}
