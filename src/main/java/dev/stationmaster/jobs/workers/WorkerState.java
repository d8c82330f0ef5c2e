package dev.stationmaster.jobs.workers;

import java.util.Locale;

/** Whether a worker takes jobs, as people decided. Any state may follow any other. */
public enum WorkerState {
    /** It is given jobs. */
    ACTIVE,
    /** What runs goes on; nothing more is given to it. */
    CORDONED,
    /** What runs moves elsewhere. */
    DRAINING;

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static WorkerState of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
