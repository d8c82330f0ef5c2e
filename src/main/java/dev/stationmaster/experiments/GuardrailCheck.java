package dev.stationmaster.experiments;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One guardrail of a comparison and what the runs of one variant say of it. Pure.
 *
 * @param ended all of the variant's runs have
 * @param mean of the last values; null: not known for all runs
 */
record GuardrailCheck(
        Plan.Guardrail limit, boolean ended, @Nullable Double mean) {
    static GuardrailCheck of(Plan.Guardrail limit, List<Trial> own) {
        boolean ended = own.stream().allMatch(t -> t.state().isFinal());
        double sum = 0;
        for (Trial t : own) {
            Double value = Runs.number(t.metrics(), limit.metric());
            if (value == null) {
                return new GuardrailCheck(limit, ended, null);
            }
            sum += value;
        }
        return new GuardrailCheck(limit, ended, own.isEmpty() ? null : (Double) (sum / own.size()));
    }

    /** Null: not known, or the runs go on. */
    @Nullable
    Boolean kept() {
        return (!ended || mean == null) ? null : (Boolean) (above().isEmpty() && below().isEmpty());
    }

    /** What is wrong, for people; nothing before the runs have ended. */
    List<String> problems() {
        if (!ended) {
            return List.of();
        }
        if (mean == null) {
            return List.of("The guardrail " + limit.metric() + " is not known for all runs.");
        }
        String is = "The guardrail " + limit.metric() + " is " + mean + " on average, ";
        return Stream.concat(
                        above().map(max -> is + "above " + max + ".").stream(),
                        below().map(min -> is + "below " + min + ".").stream())
                .toList();
    }

    private Optional<Double> above() {
        return Optional.ofNullable(limit.max()).filter(max -> mean != null && mean > max);
    }

    private Optional<Double> below() {
        return Optional.ofNullable(limit.min()).filter(min -> mean != null && mean < min);
    }

    JsonObject toJson() {
        return new JsonObject()
                .put("metric", limit.metric())
                .put("min", limit.min())
                .put("max", limit.max())
                .put("mean", mean)
                .put("kept", kept());
    }
}
