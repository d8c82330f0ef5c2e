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
    /** Waits for other jobs to end. */
    BLOCKED,
    /** Waits for its time. */
    SCHEDULED,
    /** Waits for capacity, quota or budget; the reason says which. */
    QUEUED,
    /** Quota and capacity are reserved; a lease is given. */
    ADMITTED,
    /** The runner starts it. */
    STARTING,
    RUNNING,
    /** Asked to make room, for a job of higher rank or a pause; it may save its state before it ends. */
    PREEMPTING,
    /** Somebody asked for its end; the program has its grace period. */
    CANCELLING,
    /** A failed attempt waits for its next try. */
    RETRY_WAIT,
    /** Set aside by somebody, until it is resumed. */
    PAUSED,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    private static final Map<JobState, Set<JobState>> TRANSITIONS = new EnumMap<>(Map.ofEntries(
            Map.entry(BLOCKED, EnumSet.of(QUEUED, SCHEDULED, PAUSED, FAILED, CANCELLED)),
            Map.entry(SCHEDULED, EnumSet.of(QUEUED, PAUSED, CANCELLED)),
            Map.entry(QUEUED, EnumSet.of(ADMITTED, PAUSED, CANCELLED, FAILED)),
            Map.entry(ADMITTED, EnumSet.of(STARTING, QUEUED, CANCELLING, RETRY_WAIT, FAILED)),
            Map.entry(STARTING, EnumSet.of(RUNNING, QUEUED, CANCELLING, RETRY_WAIT, FAILED)),
            Map.entry(RUNNING, EnumSet.of(SUCCEEDED, FAILED, RETRY_WAIT, QUEUED, CANCELLING, PREEMPTING)),
            Map.entry(PREEMPTING, EnumSet.of(QUEUED, PAUSED, SUCCEEDED, FAILED, RETRY_WAIT, CANCELLING)),
            Map.entry(CANCELLING, EnumSet.of(CANCELLED)),
            Map.entry(RETRY_WAIT, EnumSet.of(QUEUED, PAUSED, CANCELLED)),
            Map.entry(PAUSED, EnumSet.of(BLOCKED, SCHEDULED, QUEUED, CANCELLED)),
            Map.entry(SUCCEEDED, EnumSet.noneOf(JobState.class)),
            Map.entry(FAILED, EnumSet.noneOf(JobState.class)),
            Map.entry(CANCELLED, EnumSet.noneOf(JobState.class))));

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
        return this == ADMITTED || this == STARTING || this == RUNNING || this == PREEMPTING || this == CANCELLING;
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
