package dev.stationmaster.experiments;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The states of an experiment. {@link #TRANSITIONS} is the whole state machine; SQL guards every move with its reverse. */
enum ExperimentState {
    /** Submits runs and waits for their ends. */
    RUNNING,
    /** Submits nothing more and waits until what runs has ended. */
    STOPPING,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    private static final Map<ExperimentState, Set<ExperimentState>> TRANSITIONS = new EnumMap<>(Map.of(
            RUNNING, EnumSet.of(STOPPING, SUCCEEDED, FAILED),
            STOPPING, EnumSet.of(FAILED, CANCELLED),
            SUCCEEDED, EnumSet.noneOf(ExperimentState.class),
            FAILED, EnumSet.noneOf(ExperimentState.class),
            CANCELLED, EnumSet.noneOf(ExperimentState.class)));

    boolean mayBecome(ExperimentState next) {
        return TRANSITIONS.getOrDefault(this, Set.of()).contains(next);
    }

    /** From where this state may be reached, for {@code WHERE state = ANY(…)}. */
    String[] sources() {
        return Arrays.stream(values())
                .filter(s -> s.mayBecome(this))
                .map(ExperimentState::wireName)
                .toArray(String[]::new);
    }

    boolean isFinal() {
        return TRANSITIONS.getOrDefault(this, Set.of()).isEmpty();
    }

    static List<ExperimentState> all() {
        return List.of(values());
    }

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static ExperimentState of(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
