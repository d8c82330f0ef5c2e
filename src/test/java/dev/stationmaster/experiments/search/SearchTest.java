package dev.stationmaster.experiments.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

class SearchTest {
    private static final Parameter RATE = Parameter.of(
            "rate",
            new JsonObject()
                    .put("min", 1e-4)
                    .put("max", 1e-2)
                    .put("scale", "log")
                    .put("count", 3));
    private static final Parameter KIND = Parameter.of(
            "kind", new JsonObject().put("values", new JsonArray().add("a").add("b")));
    private static final Parameter LAYERS = Parameter.of(
            "layers",
            new JsonObject().put("min", 1).put("max", 3).put("type", "int").put("count", 9));

    @Test
    void a_grid_has_every_combination_once() {
        List<JsonObject> grid = Search.grid(List.of(RATE, KIND, LAYERS));
        assertThat(grid).hasSize(18).doesNotHaveDuplicates();
        assertThat(Search.gridSize(List.of(RATE, KIND, LAYERS))).isEqualTo(18);
        assertThat(grid.get(0)).isEqualTo(new JsonObject("{\"rate\":1.0E-4,\"kind\":\"a\",\"layers\":1}"));
        assertThat(RATE.points().get(1)).asString().startsWith("0.00");
        assertThat((double) RATE.points().get(1)).isCloseTo(1e-3, org.assertj.core.data.Offset.offset(1e-9));
    }

    @Test
    void random_draws_stay_inside_and_repeat_by_seed() {
        List<Parameter> space = List.of(RATE, KIND, LAYERS);
        List<JsonObject> drawn = Search.random(space, 42, 200);
        assertThat(Search.random(space, 42, 200)).isEqualTo(drawn);
        assertThat(Search.random(space, 42, 10)).isEqualTo(drawn.subList(0, 10));
        assertThat(Search.random(space, 43, 200)).isNotEqualTo(drawn);
        assertThat(drawn).allSatisfy(one -> {
            assertThat(one.getDouble("rate")).isBetween(1e-4, 1e-2);
            assertThat(one.getLong("layers")).isBetween(1L, 3L);
            assertThat(one.getString("kind")).isIn("a", "b");
        });
        long low = drawn.stream().filter(one -> one.getDouble("rate") < 1e-3).count();
        assertThat(low).as("half of the draws are in the lower decade").isBetween(70L, 130L);
    }

    @Test
    void problems_are_named() {
        assertThat(Parameter.problem(new JsonObject(), false)).isPresent();
        assertThat(Parameter.problem(new JsonObject("{\"values\":[1],\"min\":1}"), false))
                .isPresent();
        assertThat(Parameter.problem(new JsonObject("{\"min\":2,\"max\":1}"), false))
                .isPresent();
        assertThat(Parameter.problem(new JsonObject("{\"min\":0,\"max\":1,\"scale\":\"log\"}"), false))
                .isPresent();
        assertThat(Parameter.problem(new JsonObject("{\"min\":0,\"max\":1}"), true))
                .isPresent();
        assertThat(Parameter.problem(new JsonObject("{\"min\":0,\"max\":1}"), false))
                .isEmpty();
    }
}
