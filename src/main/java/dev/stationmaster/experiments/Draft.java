package dev.stationmaster.experiments;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An experiment that somebody asks for: valid by itself, its agents not looked up yet.
 *
 * @param runs in the order of their submission
 */
record Draft(
        String kind,
        String name,
        @Nullable String description,
        Plan plan,
        int maxConcurrent,
        @Nullable Long budgetNanos,
        @Nullable UUID benchmarkId,
        List<Run> runs) {
    /** @param agentVersion null: the present one */
    record Run(
            String variant,
            long seed,
            long agentId,
            @Nullable String agentVersion,
            JsonObject hyperparameters) {}

    /** An agent's version that some run needs. */
    record Needed(long agentId, @Nullable String version) {}

    Draft {
        runs = List.copyOf(runs);
    }

    List<Needed> needed() {
        return runs.stream()
                .map(run -> new Needed(run.agentId(), run.agentVersion()))
                .distinct()
                .toList();
    }
}
