package dev.stationmaster.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.accounts.AccountMessages.QuotaFound;
import dev.stationmaster.jobs.runner.Resources;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private static final UUID ANN = new UUID(0, 1);
    private static final UUID BOB = new UUID(0, 2);
    private static final long GIB = 1L << 30;
    private static final Resources MACHINE = new Resources(8_000, 32 * GIB, 2, 100 * GIB);
    private static final Admission.Room ALL = new Admission.Room(MACHINE, MACHINE, 10);
    private static final QuotaFound WIDE = new QuotaFound(100_000, 1000 * GIB, 10, 1000 * GIB, null);
    private static final QuotaFound TWO_CORES = new QuotaFound(2_000, 1000 * GIB, 10, 1000 * GIB, null);

    private static Job job(UUID owner, int cores) {
        return JobSamples.job()
                .owner(owner)
                .resources(new Resources(cores * 1_000L, GIB, 0, 0))
                .build();
    }

    private static Admission.Decision decide(List<Job> jobs, Resources free, int slots, QuotaFound ofAnn) {
        return Admission.decide(
                jobs, new Admission.Room(MACHINE, free, slots), Map.of(), Map.of(ANN, ofAnn, BOB, WIDE), job -> false);
    }

    @Test
    void what_fits_is_admitted_in_the_order_given() {
        var jobs = List.of(job(ANN, 3), job(BOB, 1), job(ANN, 4));
        var decision = decide(jobs, MACHINE, 10, WIDE);
        assertThat(decision.admit()).containsExactlyElementsOf(jobs);
        assertThat(decision.noRoom()).isEmpty();
    }

    @Test
    void a_full_quota_parks_only_its_owners_jobs() {
        var first = job(ANN, 2);
        var second = job(ANN, 1);
        var third = job(BOB, 1);
        var decision = decide(List.of(first, second, third), MACHINE, 10, TWO_CORES);
        assertThat(decision.admit()).containsExactly(first, third);
        assertThat(decision.overQuota()).containsExactly(second);
        assertThat(decision.noRoom()).isEmpty();
    }

    @Test
    void what_runs_already_counts_against_the_quota() {
        var job = job(ANN, 1);
        var used = Map.of(ANN, new Resources(1_500, 0, 0, 0));
        var decision = Admission.decide(List.of(job), ALL, used, Map.of(ANN, TWO_CORES), j -> false);
        assertThat(decision.overQuota()).containsExactly(job);
    }

    @Test
    void every_resource_of_a_quota_counts() {
        for (Resources one : List.of(
                new Resources(2, 1, 1, 1),
                new Resources(1, 2, 1, 1),
                new Resources(1, 1, 2, 1),
                new Resources(1, 1, 1, 2))) {
            var job = JobSamples.job().owner(ANN).resources(one).build();
            var decision = decide(List.of(job), MACHINE, 10, new QuotaFound(1, 1, 1, 1, null));
            assertThat(decision.overQuota()).as("%s", one).containsExactly(job);
        }
    }

    @Test
    void an_owner_without_a_known_quota_may_start_nothing() {
        var job = job(new UUID(0, 9), 1);
        assertThat(decide(List.of(job), MACHINE, 10, WIDE).overQuota()).containsExactly(job);
    }

    @Test
    void spent_budget_parks_and_does_not_hold_up_others() {
        var spent = job(ANN, 1);
        var other = job(BOB, 1);
        var decision =
                Admission.decide(List.of(spent, other), ALL, Map.of(), Map.of(ANN, WIDE, BOB, WIDE), job -> job.id()
                        .equals(spent.id()));
        assertThat(decision.overBudget()).containsExactly(spent);
        assertThat(decision.admit()).containsExactly(other);
    }

    @Test
    void the_first_that_does_not_fit_blocks_those_behind() {
        var large = job(ANN, 7);
        var small = job(BOB, 1);
        var decision = decide(List.of(job(BOB, 2), large, small), MACHINE, 10, WIDE);
        assertThat(decision.admit()).hasSize(1);
        assertThat(decision.noRoom()).containsExactly(large, small);
    }

    @Test
    void a_parked_job_does_not_block() {
        var parked = job(ANN, 7);
        var small = job(BOB, 1);
        var decision = decide(List.of(parked, small), MACHINE, 10, TWO_CORES);
        assertThat(decision.admit()).containsExactly(small);
        assertThat(decision.overQuota()).containsExactly(parked);
    }

    @Test
    void no_more_start_than_there_are_slots() {
        var jobs = List.of(job(ANN, 1), job(ANN, 1), job(ANN, 1));
        var decision = decide(jobs, MACHINE, 2, WIDE);
        assertThat(decision.admit()).containsExactlyElementsOf(jobs.subList(0, 2));
        assertThat(decision.noRoom()).containsExactly(jobs.get(2));
    }

    @Test
    void what_the_whole_runner_could_not_hold_is_parked_and_does_not_block() {
        var large = job(ANN, 9);
        var small = job(BOB, 8);
        var decision = decide(List.of(large, small), MACHINE, 10, WIDE);
        assertThat(decision.tooLarge()).containsExactly(large);
        assertThat(decision.admit()).containsExactly(small);
    }

    @Test
    void room_is_counted_exactly() {
        var job = JobSamples.job().owner(ANN).resources(MACHINE).build();
        assertThat(decide(List.of(job), MACHINE, 1, WIDE).admit()).containsExactly(job);
        assertThat(decide(List.of(job), MACHINE.minus(new Resources(1, 0, 0, 0)), 1, WIDE)
                        .noRoom())
                .containsExactly(job);
    }
}
