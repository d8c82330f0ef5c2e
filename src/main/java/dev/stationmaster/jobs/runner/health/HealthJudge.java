package dev.stationmaster.jobs.runner.health;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Turns single looks into a verdict: so many in a row, of either kind, change it. */
final class HealthJudge {
    private final int failureThreshold;
    private final int successThreshold;
    private int inRow;
    private boolean lastLook;
    private @Nullable Boolean verdict;

    HealthJudge(int failureThreshold, int successThreshold) {
        this.failureThreshold = failureThreshold;
        this.successThreshold = successThreshold;
    }

    /** The new verdict, if this look changes it. */
    Optional<Boolean> saw(boolean well) {
        inRow = well == lastLook ? inRow + 1 : 1;
        lastLook = well;
        if (inRow < (well ? successThreshold : failureThreshold)
                || Boolean.valueOf(well).equals(verdict)) {
            return Optional.empty();
        }
        verdict = well;
        return Optional.of(well);
    }
}
