package dev.stationmaster.agents.deployments;

import org.jspecify.annotations.Nullable;

/**
 * What one look at a policy came to.
 *
 * @param value as measured; null: no data
 * @param replicas how many were wanted before
 * @param desired by the measured value alone; null: no data
 * @param applied how many are wanted now
 * @param heldBy what kept it from the desired number: {@code stabilization}, {@code step_limit}, {@code min}, {@code max},
 *     {@code cooldown}, {@code no_data}, {@code budget} or {@code quota}; null: nothing did
 */
record ScalingDecision(
        @Nullable Double value,
        int replicas,
        @Nullable Integer desired,
        int applied,
        @Nullable String heldBy) {
    boolean scales() {
        return applied != replicas;
    }

    /** Worth to be kept. */
    boolean notable() {
        return scales() || heldBy != null;
    }

    /** The same, but nothing is changed, for that reason. */
    ScalingDecision held(String reason) {
        return new ScalingDecision(value, replicas, desired, replicas, reason);
    }

    String message() {
        String text = scales() ? "Scaled from " + replicas + " to " + applied : "Left at " + replicas;
        String wanted = desired == null || desired == applied ? "" : ", desired were " + desired;
        return heldBy == null ? text + "." : text + wanted + ": " + why();
    }

    private String why() {
        return switch (String.valueOf(heldBy)) {
            case "stabilization" -> "the window of stabilization holds it.";
            case "step_limit" -> "one step may not be larger.";
            case "min" -> "that is the minimum.";
            case "max" -> "that is the maximum.";
            case "cooldown" -> "it was scaled a short while ago.";
            case "no_data" -> "nothing was measured.";
            case "budget" -> "the budget is spent.";
            default -> "the quota is used up.";
        };
    }
}
