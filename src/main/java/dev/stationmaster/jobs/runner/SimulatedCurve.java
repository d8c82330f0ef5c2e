package dev.stationmaster.jobs.runner;

import io.vertx.core.json.JsonObject;
import java.util.SplittableRandom;

/**
 * A learning curve that looks like one: {@code loss(t) = floor + (start - floor) · e^(-speed · t)} plus noise that
 * shrinks with the loss, where {@code t} runs from 0 to 1. The speed is best at a learning rate of 0.001 and falls off
 * on both sides; from 0.3 on the loss grows. Each value depends on seed and step only, so that an attempt which resumes
 * continues the same curve.
 */
final class SimulatedCurve {
    private static final long STEP_SALT = 0x9E3779B97F4A7C15L;
    private static final double BEST_LOG_RATE = -3;
    private static final double DIVERGES_FROM = 0.3;
    private static final double NOISE = 0.05;

    private final long seed;
    private final SimulationPlan plan;
    private final double start;
    private final double floor;
    private final double speed;

    SimulatedCurve(long seed, SimulationPlan plan) {
        this.seed = seed;
        this.plan = plan;
        SplittableRandom random = new SplittableRandom(seed);
        start = 2 + random.nextDouble();
        floor = 0.05 + 0.2 * random.nextDouble();
        double off = Math.log10(Math.max(1e-12, plan.learningRate())) - BEST_LOG_RATE;
        double best = 4 + 2 * random.nextDouble();
        speed = plan.learningRate() >= DIVERGES_FROM ? -1 : best * Math.exp(-off * off / 2);
    }

    /** One line of the job contract. */
    JsonObject line(int step) {
        double t = step / (double) plan.steps();
        double noise = new SplittableRandom(seed + step * STEP_SALT).nextDouble() - 0.5;
        double clean = floor + (start - floor) * Math.exp(-speed * t);
        double loss = Math.max(0, clean * (1 + NOISE * noise));
        double accuracy = Math.max(0, Math.min(1, 1 - loss / (start * 1.05)));
        return new JsonObject()
                .put(
                        "metrics",
                        new JsonObject()
                                .put("loss", rounded(loss))
                                .put("accuracy", rounded(accuracy))
                                .put("reward", rounded(200 * accuracy - 100)))
                .put("step", step)
                .put("total_steps", plan.steps());
    }

    private static double rounded(double value) {
        return Math.round(value * 1e6) / 1e6;
    }
}
