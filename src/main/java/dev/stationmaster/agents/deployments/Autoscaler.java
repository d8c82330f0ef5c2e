package dev.stationmaster.agents.deployments;

import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many replicas a policy wants, as the Horizontal Pod Autoscaler of Kubernetes decides it
 * (kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale, "Algorithm details" and "Stabilization
 * window"):
 *
 * <pre>desired = ceil(current × value / target), and current while value / target is within 10 % of 1</pre>
 *
 * Growing, the least of what was desired during the window for up counts; shrinking, the most during the window for down.
 * Then come the step limits, minimum and maximum, and the cooldown. What is not measured never scales, but a number
 * outside of the bounds is brought back into them. Pure.
 */
final class Autoscaler {
    static final double TOLERANCE = 0.1;

    /** What was desired at a time. */
    record Recommendation(OffsetDateTime at, int desired) {}

    /**
     * @param value for people
     * @param needed so many replicas would be at their target exactly; null: no data
     */
    record Measured(@Nullable Double value, @Nullable Double needed) {
        static final Measured NOTHING = new Measured(null, null);

        /** Of the average of the replicas. */
        static Measured average(double value, int current, double target) {
            return new Measured(value, current * value / target);
        }

        /** Of something that is shared out among them. */
        static Measured total(double value, double target) {
            return new Measured(value, value / target);
        }
    }

    private int number;
    private @Nullable String heldBy;

    private Autoscaler(int number) {
        this.number = number;
    }

    /** By the measured value alone. */
    static @Nullable Integer desired(Measured measured, int current) {
        Double needed = measured.needed();
        if (needed == null || needed.isNaN() || needed.isInfinite() || needed < 0) {
            return null;
        }
        if (current > 0 && Math.abs(needed / current - 1) <= TOLERANCE) {
            return current;
        }
        return (int) Math.min(Integer.MAX_VALUE / 2.0, Math.ceil(needed - 1e-9));
    }

    /** @param history what was desired before, in any order */
    static ScalingDecision decide(
            ScalingPolicy p, int current, Measured measured, List<Recommendation> history, OffsetDateTime now) {
        Integer desired = desired(measured, current);
        var one = new Autoscaler(desired == null ? current : desired);
        if (desired == null) {
            one.heldBy = "no_data";
        } else {
            one.hold(stabilized(p, current, desired, history, now), "stabilization");
            int most = (int) Math.min(Integer.MAX_VALUE, (long) current + p.stepUp());
            int least = (int) Math.max(0, (long) current - p.stepDown());
            one.hold(Math.max(least, Math.min(most, one.number)), "step_limit");
        }
        one.hold(Math.max(p.min(), one.number), "min");
        one.hold(Math.min(p.max(), one.number), "max");
        OffsetDateTime scaledAt = p.scaledAt();
        boolean cools = scaledAt != null && scaledAt.plus(p.cooldown()).isAfter(now);
        if (cools && one.number != current) {
            one.hold(current, "cooldown");
        }
        return new ScalingDecision(measured.value(), current, desired, one.number, one.heldBy);
    }

    private void hold(int held, String reason) {
        if (held != number) {
            number = held;
            heldBy = reason;
        }
    }

    private static int stabilized(
            ScalingPolicy p, int current, int desired, List<Recommendation> history, OffsetDateTime now) {
        int up = desired;
        int down = desired;
        OffsetDateTime upFrom = now.minus(p.upWindow());
        OffsetDateTime downFrom = now.minus(p.downWindow());
        for (Recommendation r : history) {
            if (r.at().isAfter(upFrom)) {
                up = Math.min(up, r.desired());
            }
            if (r.at().isAfter(downFrom)) {
                down = Math.max(down, r.desired());
            }
        }
        return Math.min(Math.max(current, up), Math.max(down, 0));
    }
}
