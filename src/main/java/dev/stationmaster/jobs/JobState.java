package dev.stationmaster.jobs;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The states of a job. {@link #TRANSITIONS} is the whole state machine; SQL guards every move with its reverse. */
public enum JobState {
    /** Waits for capacity, quota or budget; the reason says which. */
    QUEUED,
    /** Quota and capacity are reserved; a lease is given. */
    ADMITTED,
    /** The runner starts it. */
    STARTING,
    RUNNING,
    /** Somebody asked for its end; the program has its grace period. */
    CANCELLING,
    /** A failed attempt waits for its next try. */
    RETRY_WAIT,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    private static final Map<JobState, Set<JobState>> TRANSITIONS = new EnumMap<>(Map.of(
            QUEUED, EnumSet.of(ADMITTED, CANCELLED, FAILED),
            ADMITTED, EnumSet.of(STARTING, QUEUED, CANCELLING, RETRY_WAIT, FAILED),
            STARTING, EnumSet.of(RUNNING, QUEUED, CANCELLING, RETRY_WAIT, FAILED),
            RUNNING, EnumSet.of(SUCCEEDED, FAILED, RETRY_WAIT, QUEUED, CANCELLING),
            CANCELLING, EnumSet.of(CANCELLED),
            RETRY_WAIT, EnumSet.of(QUEUED, CANCELLED),
            SUCCEEDED, EnumSet.noneOf(JobState.class),
            FAILED, EnumSet.noneOf(JobState.class),
            CANCELLED, EnumSet.noneOf(JobState.class)));

    public boolean mayBecome(JobState next) {
        return TRANSITIONS.getOrDefault(this, Set.of()).contains(next);
    }

    /** From where this state may be reached, for {@code WHERE state = ANY(…)}. */
    public String[] sources() {
        return Arrays.stream(values())
                .filter(s -> s.mayBecome(this))
                .map(JobState::wireName)
                .toArray(String[]::new);
    }

    public boolean isFinal() {
        return TRANSITIONS.getOrDefault(this, Set.of()).isEmpty();
    }

    /** Whether it holds a lease and resources. */
    public boolean isActive() {
        return this == ADMITTED || this == STARTING || this == RUNNING || this == CANCELLING;
    }

    public static List<JobState> all() {
        return List.of(values());
    }

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static JobState of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
