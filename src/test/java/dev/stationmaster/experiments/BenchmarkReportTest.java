package dev.stationmaster.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.experiments.BenchmarkReport.Place;
import dev.stationmaster.experiments.BenchmarkScore.Case;
import dev.stationmaster.experiments.statistics.Arm;
import dev.stationmaster.experiments.statistics.Summary;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class BenchmarkReportTest {
    private static final Objective UP = new Objective("accuracy", true, false);

    private static BenchmarkScore score(String version, boolean simulated, double... values) {
        var bySeed = new TreeMap<Long, Double>();
        for (int i = 0; i < values.length; i++) {
            bySeed.put((long) i, values[i]);
        }
        var arm = new Arm("case", bySeed, List.of(), simulated, !simulated);
        return new BenchmarkScore(
                new UUID(0, 1),
                7,
                version,
                ExperimentState.SUCCEEDED,
                null,
                simulated,
                List.of(new Case("case", UP, arm, Summary.of(values, 0.95))));
    }

    @Test
    void equals_share_a_rank_and_who_has_no_value_is_last() {
        List<Place> places = BenchmarkReport.leaderboard(List.of(
                score("none", true), score("a", true, 1, 1), score("b", true, 1, 1), score("best", true, 2, 2)));
        assertThat(places.stream().map(p -> p.score().agentVersion())).containsExactly("best", "a", "b", "none");
        assertThat(places.stream().map(Place::rank)).containsExactly(1, 2, 2, 4);
    }

    private static JsonObject second(BenchmarkScore before, BenchmarkScore after) {
        return BenchmarkReport.history(List.of(before, after), 0.95)
                .getJsonObject(1)
                .getJsonArray("cases")
                .getJsonObject(0);
    }

    @Test
    void worse_beyond_the_noise_is_a_regression_and_worse_within_it_is_not() {
        var before = score("1", true, 0.90, 0.91, 0.92, 0.93);
        assertThat(second(before, score("2", true, 0.80, 0.82, 0.81, 0.83)).getBoolean("regressed"))
                .isTrue();
        assertThat(second(before, score("2", true, 0.85, 0.95, 0.88, 0.93)).getBoolean("regressed"))
                .isFalse();
        assertThat(second(before, score("2", true, 0.98, 0.99, 0.97, 0.99)).getBoolean("regressed"))
                .isFalse();
    }

    @Test
    void one_repetition_or_a_mix_leaves_it_unknown() {
        assertThat(second(score("1", true, 0.9), score("2", true, 0.1)).getValue("regressed"))
                .isNull();
        assertThat(second(score("1", true, 0.9, 0.91), score("2", false, 0.1, 0.12))
                        .getValue("regressed"))
                .isNull();
    }

    @Test
    void cells_are_quoted_and_are_no_formulas() {
        assertThat(BenchmarkReport.cell("a \"b\", c")).isEqualTo("\"a \"\"b\"\", c\"");
        assertThat(BenchmarkReport.cell("=1+1")).isEqualTo("\"'=1+1\"");
        assertThat(BenchmarkReport.csv(BenchmarkReport.leaderboard(List.of(score("1", true)))))
                .contains("1,7,\"1\",\"case\",\"accuracy\",maximize,0,,,,,true,\r\n");
    }
}
