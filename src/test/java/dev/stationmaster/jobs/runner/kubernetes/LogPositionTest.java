package dev.stationmaster.jobs.runner.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LogPositionTest {
    private static final String A = "2026-11-21T10:00:00.100000000Z ";
    private static final String B = "2026-11-21T10:00:00.900000000Z ";
    private static final String C = "2026-11-21T10:00:01.200000000Z ";

    private final LogPosition position = new LogPosition();

    private List<String> again(String... lines) {
        position.restart();
        return position.fresh(List.of(lines));
    }

    @Test
    void a_first_reading_asks_for_all_and_takes_all() {
        assertThat(position.since()).isEmpty();
        assertThat(position.fresh(List.of(A + "a", A, B + " b  c"))).containsExactly("a", "", " b  c");
        assertThat(position.since()).contains("2026-11-21T10:00:00Z");
    }

    @Test
    void a_next_reading_passes_over_what_was_read_in_the_last_second() {
        assertThat(again(A + "a", B + "b", C + "c")).hasSize(3);
        assertThat(position.since()).contains("2026-11-21T10:00:01Z");
        assertThat(again(C + "c", C + "d")).containsExactly("d");
        assertThat(again(C + "c", C + "d", C + "e")).containsExactly("e");
    }

    @Test
    void a_log_that_the_node_began_anew_loses_nothing() {
        assertThat(again(A + "a", A + "b", B + "c")).hasSize(3);
        assertThat(again(C + "d", C + "e")).containsExactly("d", "e");
        assertThat(again(C + "d", C + "e", C + "f")).containsExactly("f");
    }

    @Test
    void lines_of_two_streams_that_come_out_of_order_are_told_once() {
        assertThat(again(B + "out", A + "err", C + "out", B + "late")).hasSize(4);
        assertThat(again(C + "out", C + "more")).containsExactly("more");
    }

    @Test
    void the_rest_of_a_line_without_a_time_is_told_only_where_nothing_is_passed_over() {
        assertThat(again("no time here")).containsExactly("no time here");
        assertThat(again(A + "a")).containsExactly("a");
        assertThat(again("rest", A + "a", B + "b")).containsExactly("b");
    }

    @Test
    void wherever_it_breaks_every_line_is_told_once_in_order() {
        var random = new Random(7);
        for (int round = 0; round < 200; round++) {
            var fresh = new LogPosition();
            var lines = new ArrayList<String>();
            for (int i = 0; i < 60; i++) {
                lines.add("2026-11-21T10:00:%02d.%09dZ line %d".formatted(i / 20, i % 20 * 1000, i));
            }
            var told = new ArrayList<String>();
            while (told.size() < lines.size()) {
                String since = fresh.since().orElse("");
                List<String> answer = lines.stream()
                        .filter(l -> l.compareTo(since.replace("Z", "")) >= 0)
                        .toList();
                fresh.restart();
                told.addAll(fresh.fresh(answer.subList(0, random.nextInt(answer.size() + 1))));
            }
            assertThat(told).isEqualTo(lines.stream().map(l -> l.substring(31)).toList());
        }
    }
}
