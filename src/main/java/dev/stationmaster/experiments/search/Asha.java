package dev.stationmaster.experiments.search;

import java.util.ArrayList;
import java.util.List;

/**
 * Asynchronous successive halving (Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning) in its stopping
 * form, as Optuna and Ray Tune have it: rung k is reached at {@code minSteps · factor^k} steps; a trial that reaches it goes
 * on when its value is among the best {@code max(1, ⌊n / factor⌋)} of the n that reached that rung so far, itself included,
 * and is stopped else. Nobody waits for anybody, at the price that early trials are judged against few others.
 *
 * @param factor 2 or more: one in so many goes on
 */
public record Asha(long minSteps, long maxSteps, int factor, boolean maximize) {
    public Asha {
        if (minSteps < 1 || maxSteps < minSteps || factor < 2) {
            throw new IllegalArgumentException("rungs from " + minSteps + " to " + maxSteps + " by " + factor);
        }
    }

    /** Steps at which trials are judged, rising; {@code maxSteps} is the end and no rung. */
    public List<Long> rungs() {
        var rungs = new ArrayList<Long>();
        for (long at = minSteps; at < maxSteps; at = Math.multiplyExact(at, (long) factor)) {
            rungs.add(at);
            if (at > Long.MAX_VALUE / factor) {
                break;
            }
        }
        return rungs;
    }

    /** Whether a trial with {@code value} goes on. {@code others}: what other trials reported on the same rung so far. */
    public boolean goesOn(double value, List<Double> others) {
        int places = Math.max(1, (others.size() + 1) / factor);
        long better =
                others.stream().filter(o -> maximize ? o > value : o < value).count();
        return better < places;
    }
}
