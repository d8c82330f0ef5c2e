package dev.stationmaster.jobs;

import dev.stationmaster.jobs.scheduler.Forecast;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.jobs.scheduler.Running;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How long the last jobs of agents ran that succeeded. What an agent never did is unknown. */
record RunTimes(Map<Long, Quantiles> byAgent) {
    /** Shorter are a fifth of them, half of them, and four fifths. */
    record Quantiles(Duration fifth, Duration median, Duration fourFifths) {
        Duration of(Case assumed) {
            return switch (assumed) {
                case SHORT -> fifth;
                case MEDIAN -> median;
                case LONG -> fourFifths;
            };
        }
    }

    /** What is assumed of all jobs at once. */
    enum Case {
        SHORT,
        MEDIAN,
        LONG
    }

    /** A job that outlives what was expected goes on, as a rule, for a part of its age. */
    private static final double MORE_OF_AGE = 0.25;

    RunTimes {
        byAgent = Map.copyOf(byAgent);
    }

    Forecast.RunTimes assuming(Case assumed, Instant now) {
        return new Forecast.RunTimes() {
            @Override
            public @Nullable Duration of(Lane.Key lane) {
                Quantiles known = byAgent.get(lane.agentId());
                return known == null ? null : known.of(assumed);
            }

            @Override
            public @Nullable Duration left(Running job) {
                Duration whole = of(job.lane());
                if (whole == null) {
                    return null;
                }
                Duration age = Duration.between(job.startedAt(), now);
                Duration left = whole.minus(age);
                return left.isNegative() ? Duration.ofMillis((long) (age.toMillis() * MORE_OF_AGE)) : left;
            }
        };
    }
}
