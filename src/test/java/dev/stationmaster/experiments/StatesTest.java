package dev.stationmaster.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The tables of states agree with themselves: ends are final, everything is reached, nothing goes back. */
class StatesTest {
    @Test
    void experiments_end_and_stay_ended() {
        assertThat(ExperimentState.all().stream().filter(ExperimentState::isFinal))
                .containsExactly(ExperimentState.SUCCEEDED, ExperimentState.FAILED, ExperimentState.CANCELLED);
        assertThat(ExperimentState.CANCELLED.sources()).containsExactly("stopping");
        assertThat(ExperimentState.STOPPING.sources()).containsExactly("running");
        assertThat(ExperimentState.RUNNING.sources()).isEmpty();
    }

    @Test
    void trials_end_and_stay_ended() {
        assertThat(Arrays.stream(TrialState.values()).filter(TrialState::isFinal))
                .containsExactly(TrialState.SUCCEEDED, TrialState.FAILED, TrialState.CANCELLED, TrialState.STOPPED);
        assertThat(TrialState.SUBMITTED.sources()).containsExactly("planned");
        assertThat(TrialState.STOPPED.sources()).containsExactly("stopping");
        assertThat(Arrays.stream(TrialState.values()).filter(TrialState::isActive))
                .containsExactly(TrialState.SUBMITTED, TrialState.STOPPING);
    }
}
