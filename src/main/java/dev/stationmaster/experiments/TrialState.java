package dev.stationmaster.experiments;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The states of a trial, which is one job at most. {@link #TRANSITIONS} is the whole state machine; SQL guards every move with its reverse. */
enum TrialState {
    /** Its job is not submitted yet. */
    PLANNED,
    SUBMITTED,
    /** Its job is asked to end; the reason says why. */
    STOPPING,
    SUCCEEDED,
    FAILED,
    CANCELLED,
    /** Ended early, because others did better. */
    STOPPED;

    private static final Map<TrialState, Set<TrialState>> TRANSITIONS = new EnumMap<>(Map.of(
            PLANNED, EnumSet.of(SUBMITTED, FAILED, CANCELLED),
            SUBMITTED, EnumSet.of(STOPPING, SUCCEEDED, FAILED, CANCELLED),
            STOPPING, EnumSet.of(STOPPED, SUCCEEDED, FAILED, CANCELLED),
            SUCCEEDED, EnumSet.noneOf(TrialState.class),
            FAILED, EnumSet.noneOf(TrialState.class),
            CANCELLED, EnumSet.noneOf(TrialState.class),
            STOPPED, EnumSet.noneOf(TrialState.class)));

    boolean mayBecome(TrialState next) {
        return TRANSITIONS.getOrDefault(this, Set.of()).contains(next);
    }

    /** From where this state may be reached, for {@code WHERE state = ANY(…)}. */
    String[] sources() {
        return Arrays.stream(values())
                .filter(s -> s.mayBecome(this))
                .map(TrialState::wireName)
                .toArray(String[]::new);
    }

    /** Those that may still move. */
    static List<TrialState> open() {
        return Arrays.stream(values()).filter(s -> !s.isFinal()).toList();
    }

    boolean isFinal() {
        return TRANSITIONS.getOrDefault(this, Set.of()).isEmpty();
    }

    boolean isActive() {
        return this == SUBMITTED || this == STOPPING;
    }

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static TrialState of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
