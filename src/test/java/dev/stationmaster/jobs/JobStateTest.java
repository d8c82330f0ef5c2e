package dev.stationmaster.jobs;

import static dev.stationmaster.jobs.JobState.ADMITTED;
import static dev.stationmaster.jobs.JobState.BLOCKED;
import static dev.stationmaster.jobs.JobState.CANCELLED;
import static dev.stationmaster.jobs.JobState.CANCELLING;
import static dev.stationmaster.jobs.JobState.FAILED;
import static dev.stationmaster.jobs.JobState.PAUSED;
import static dev.stationmaster.jobs.JobState.PREEMPTING;
import static dev.stationmaster.jobs.JobState.QUEUED;
import static dev.stationmaster.jobs.JobState.RETRY_WAIT;
import static dev.stationmaster.jobs.JobState.RUNNING;
import static dev.stationmaster.jobs.JobState.SCHEDULED;
import static dev.stationmaster.jobs.JobState.STARTING;
import static dev.stationmaster.jobs.JobState.SUCCEEDED;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class JobStateTest {
    private static final Map<JobState, Set<JobState>> ALLOWED = Map.of(
            BLOCKED, EnumSet.of(QUEUED, SCHEDULED, PAUSED, FAILED, CANCELLED),
            SCHEDULED, EnumSet.of(QUEUED, PAUSED, CANCELLED),
            QUEUED, EnumSet.of(ADMITTED, PAUSED, CANCELLED, FAILED),
            ADMITTED, EnumSet.of(STARTING, QUEUED, CANCELLING, RETRY_WAIT, FAILED),
            STARTING, EnumSet.of(RUNNING, QUEUED, CANCELLING, RETRY_WAIT, FAILED),
            RUNNING, EnumSet.of(SUCCEEDED, FAILED, RETRY_WAIT, QUEUED, CANCELLING, PREEMPTING),
            PREEMPTING, EnumSet.of(QUEUED, PAUSED, SUCCEEDED, FAILED, RETRY_WAIT, CANCELLING),
            CANCELLING, EnumSet.of(CANCELLED),
            RETRY_WAIT, EnumSet.of(QUEUED, PAUSED, CANCELLED),
            PAUSED, EnumSet.of(BLOCKED, SCHEDULED, QUEUED, CANCELLED));

    @Test
    void only_these_moves_are_allowed() {
        for (JobState from : JobState.values()) {
            for (JobState to : JobState.values()) {
                assertThat(from.mayBecome(to))
                        .as("%s to %s", from, to)
                        .isEqualTo(ALLOWED.getOrDefault(from, Set.of()).contains(to));
            }
        }
    }

    @Test
    void final_states_lead_nowhere_and_all_others_reach_one() {
        assertThat(JobState.values()).filteredOn(JobState::isFinal).containsExactly(SUCCEEDED, FAILED, CANCELLED);
        for (JobState start : JobState.values()) {
            var seen = EnumSet.of(start);
            var open = new ArrayDeque<>(List.of(start));
            while (!open.isEmpty()) {
                JobState from = open.poll();
                JobState.all().stream()
                        .filter(to -> from.mayBecome(to) && seen.add(to))
                        .forEach(open::add);
            }
            assertThat(seen).as("from %s", start).anyMatch(JobState::isFinal);
        }
    }

    @Test
    void sources_are_the_reverse_of_the_moves() {
        for (JobState to : JobState.values()) {
            for (JobState from : JobState.values()) {
                assertThat(List.of(to.sources()).contains(from.wireName())).isEqualTo(from.mayBecome(to));
            }
        }
    }

    @Test
    void active_states_are_those_that_hold_a_lease() {
        assertThat(JobState.values())
                .filteredOn(JobState::isActive)
                .containsExactly(ADMITTED, STARTING, RUNNING, PREEMPTING, CANCELLING);
    }

    @Test
    void wire_names_go_both_ways() {
        assertThat(RETRY_WAIT.wireName()).isEqualTo("retry_wait");
        JobState.all().forEach(s -> assertThat(JobState.of(s.wireName())).isEqualTo(s));
    }
}
