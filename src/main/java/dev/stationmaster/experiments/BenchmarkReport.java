package dev.stationmaster.experiments;

import dev.stationmaster.experiments.BenchmarkScore.Case;
import dev.stationmaster.experiments.statistics.PairedDifference;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Results of a suite in order. Pure.
 *
 * <p>Leaderboard: cases have different metrics, so versions are ordered by their mean rank over the cases; equals share a
 * rank, and who has no value in a case comes last there. History: a case regressed when it is worse than in the version
 * before and the paired t test over the shared seeds says that the noise of repetitions does not explain it
 * (two-sided p below {@code 1 - confidence}); null where fewer than two pairs leave the noise unknown, or where simulated
 * and real runs would be compared.
 */
final class BenchmarkReport {
    private BenchmarkReport() {}

    record Place(int rank, double meanRank, BenchmarkScore score) {
        JsonObject toJson() {
            return new JsonObject().put("rank", rank).put("mean_rank", meanRank).mergeIn(score.line());
        }
    }

    static List<Place> leaderboard(List<BenchmarkScore> scores) {
        var byMeanRank = new ArrayList<Place>();
        for (BenchmarkScore score : scores) {
            double sum = 0;
            for (int i = 0; i < score.cases().size(); i++) {
                sum += rank(score.cases().get(i), i, scores);
            }
            byMeanRank.add(new Place(0, sum / Math.max(1, score.cases().size()), score));
        }
        byMeanRank.sort(Comparator.comparingDouble(Place::meanRank));
        var places = new ArrayList<Place>();
        for (Place place : byMeanRank) {
            Place before = places.isEmpty() ? null : places.get(places.size() - 1);
            int rank = before != null && before.meanRank() == place.meanRank() ? before.rank() : places.size() + 1;
            places.add(new Place(rank, place.meanRank(), place.score()));
        }
        return places;
    }

    private static int rank(Case one, int at, List<BenchmarkScore> scores) {
        int rank = 1;
        Double mine = one.summary().mean();
        for (BenchmarkScore other : scores) {
            Double theirs = other.cases().get(at).summary().mean();
            if (theirs != null && (mine == null || one.objective().better(theirs, mine))) {
                rank++;
            }
        }
        return rank;
    }

    /** @param versions of one agent, oldest first */
    static JsonArray history(List<BenchmarkScore> versions, double confidence) {
        var items = new JsonArray();
        BenchmarkScore before = null;
        for (BenchmarkScore score : versions) {
            var cases = new JsonArray();
            boolean regressed = false;
            for (int i = 0; i < score.cases().size(); i++) {
                Case now = score.cases().get(i);
                JsonObject json = now.toJson();
                if (before != null) {
                    Case old = before.cases().get(i);
                    boolean mixed = before.simulated() != score.simulated();
                    PairedDifference d = difference(now, old, confidence);
                    Boolean worse = mixed ? null : regressed(now.objective(), d, confidence);
                    regressed |= Boolean.TRUE.equals(worse);
                    json.put("change", d.mean()).put("p", d.p()).put("regressed", worse);
                }
                cases.add(json);
            }
            items.add(score.line()
                    .put("previous_version", before == null ? null : before.agentVersion())
                    .put("regressed", regressed)
                    .put("cases", cases));
            before = score;
        }
        return items;
    }

    private static PairedDifference difference(Case now, Case old, double confidence) {
        var seeds = new TreeSet<>(now.arm().values().keySet());
        seeds.retainAll(old.arm().values().keySet());
        double[] a = seeds.stream().mapToDouble(now.arm().values()::get).toArray();
        double[] b = seeds.stream().mapToDouble(old.arm().values()::get).toArray();
        return PairedDifference.of(a, b, confidence);
    }

    private static @Nullable Boolean regressed(Objective objective, PairedDifference d, double confidence) {
        Double p = d.p();
        Double mean = d.mean();
        return (p == null || mean == null) ? null : (Boolean) (objective.better(0, mean) && p < 1 - confidence);
    }

    /** One row for each version and case. */
    static String csv(List<Place> places) {
        var csv = new StringBuilder(
                "rank,agent_id,agent_version,case,metric,direction,n,mean,sd,ci_low,ci_high,simulated,finished_at\r\n");
        for (Place place : places) {
            BenchmarkScore s = place.score();
            for (Case c : s.cases()) {
                var interval = c.summary().interval();
                csv.append(String.join(
                                ",",
                                Integer.toString(place.rank()),
                                Long.toString(s.agentId()),
                                cell(s.agentVersion()),
                                cell(c.name()),
                                cell(c.objective().metric()),
                                c.objective().maximize() ? "maximize" : "minimize",
                                Integer.toString(c.summary().n()),
                                number(c.summary().mean()),
                                number(c.summary().sd()),
                                number(interval == null ? null : (Double) interval.low()),
                                number(interval == null ? null : (Double) interval.high()),
                                Boolean.toString(s.simulated()),
                                s.finishedAt() == null
                                        ? ""
                                        : s.finishedAt().toInstant().toString()))
                        .append("\r\n");
            }
        }
        return csv.toString();
    }

    private static String number(@Nullable Double value) {
        return value == null ? "" : value.toString();
    }

    /** Quoted; a spreadsheet must not take text for a formula. */
    static String cell(String text) {
        boolean formula = !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0;
        return '"' + (formula ? "'" : "") + text.replace("\"", "\"\"") + '"';
    }
}
