package dev.stationmaster.agents.deployments;

import java.util.Locale;

/** What a policy scales by. */
enum ScalingMetric {
    /** Jobs that wait in a queue; the target is how many of them one replica is for. */
    QUEUE_LENGTH,
    /** Percent of the CPU that a replica asks for, as the average of the healthy ones. */
    CPU,
    /** Percent of a GPU. Nothing measures it yet, and what is not known never scales. */
    GPU,
    /** A metric that the replicas report, by name, as the average of the healthy ones. */
    CUSTOM;

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static ScalingMetric of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
