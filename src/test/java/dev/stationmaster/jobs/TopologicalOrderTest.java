package dev.stationmaster.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TopologicalOrderTest {
    private static Map<String, List<String>> graph(String... lines) {
        var graph = new LinkedHashMap<String, List<String>>();
        for (String line : lines) {
            String[] parts = line.split(":", 2);
            graph.put(parts[0], parts[1].isEmpty() ? List.of() : List.of(parts[1].split(",")));
        }
        return graph;
    }

    private static TopologicalOrder of(String... lines) {
        return TopologicalOrder.of(graph(lines));
    }

    @Test
    void nobody_depends_on_anybody_the_order_stays() {
        assertThat(of("c:", "a:", "b:").order()).containsExactly("c", "a", "b");
        assertThat(TopologicalOrder.of(Map.of())).isEqualTo(new TopologicalOrder(List.of(), List.of()));
    }

    @Test
    void a_diamond() {
        TopologicalOrder sorted = of("last:left,right", "left:first", "right:first", "first:");
        assertThat(sorted.order()).containsExactly("first", "left", "right", "last");
        assertThat(sorted.cycle()).isEmpty();
    }

    @Test
    void a_dependency_named_twice_counts_once() {
        assertThat(of("b:a,a", "a:").order()).containsExactly("a", "b");
    }

    @Test
    void two_parts_that_know_nothing_of_each_other() {
        assertThat(of("b:a", "d:c", "a:", "c:").order()).containsExactly("a", "c", "b", "d");
    }

    @Test
    void an_edge_to_itself_is_a_cycle() {
        assertThat(of("a:a").cycle()).containsExactly("a", "a");
        assertThat(of("b:", "a:a,b").cycle()).containsExactly("a", "a");
    }

    @Test
    void the_path_of_a_cycle_has_nothing_but_the_cycle() {
        TopologicalOrder sorted = of("start:", "into:a", "a:start,b", "b:c", "c:a", "after:c");
        assertThat(sorted.order()).isEmpty();
        assertThat(sorted.cycle()).containsExactly("a", "b", "c", "a");
    }

    @Test
    void two_hundred_in_a_line_backwards() {
        var line = new LinkedHashMap<String, List<String>>();
        for (int i = 200; i > 0; i--) {
            line.put("n" + i, i == 1 ? List.of() : List.of("n" + (i - 1)));
        }
        List<String> order = TopologicalOrder.of(line).order();
        assertThat(order).hasSize(200).startsWith("n1", "n2").endsWith("n199", "n200");
        line.put("n1", List.of("n200"));
        assertThat(TopologicalOrder.of(line).cycle())
                .hasSize(201)
                .startsWith("n200", "n199")
                .endsWith("n1", "n200");
    }

    @Test
    void a_name_without_an_entry_is_refused() {
        assertThatThrownBy(() -> of("a:b"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("b");
    }
}
