package dev.stationmaster.jobs.queue;

import static dev.stationmaster.testing.TestStores.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class WaitingJobsTest extends QueueKit {
    @Test
    void parked_jobs_wait_for_their_owner_in_order() {
        var anns = List.of(job(5, ANN), job(9, ANN), job(5, ANN));
        var bobs = job(5, BOB);
        await(queue.enqueue(anns));
        await(queue.enqueue(List.of(bobs)));
        lease(10);
        await(queue.park(List.of(anns.get(0), anns.get(1), anns.get(2), bobs)));
        assertThat(length()).isZero();
        assertThat(await(queue.parkedOwners())).containsExactlyInAnyOrder(ANN, BOB);
        assertThat(await(queue.unpark(ANN, 2))).isEqualTo(2);
        assertThat(lease(10)).containsExactlyElementsOf(ids(anns.get(1), anns.get(0)));
        assertThat(await(queue.parkedOwners())).containsExactlyInAnyOrder(ANN, BOB);
        await(queue.unpark(ANN, 2));
        assertThat(await(queue.parkedOwners())).containsExactly(BOB);
        assertThat(await(queue.unpark(ANN, 2))).isZero();
        assertThat(lease(10)).containsExactly(anns.get(2).id());
    }

    @Test
    void delayed_jobs_come_out_when_they_are_due() {
        var job = queued(5).get(0);
        lease(1);
        await(queue.delay(job, LATER));
        assertThat(known(job)).isTrue();
        assertThat(await(queue.expired(LATER.plusSeconds(99), 10))).isEmpty();
        assertThat(await(queue.due(LATER.minusMillis(1), 10))).isEmpty();
        assertThat(await(queue.due(LATER, 10))).containsExactly(job.id());
        assertThat(await(queue.due(LATER, 10))).isEmpty();
        await(queue.enqueue(List.of(job)));
        assertThat(lease(1)).containsExactly(job.id());
    }

    /** A server that dies between taking a due job and queueing it leaves a score and no place. */
    @Test
    void a_job_that_is_in_no_place_is_not_known_and_can_be_queued_again() {
        var job = queued(5).get(0);
        lease(1);
        await(queue.delay(job, NOW));
        await(queue.due(NOW, 10));
        assertThat(known(job)).isFalse();
        assertThat(await(queue.enqueue(List.of(job)))).isEqualTo(1);
        assertThat(known(job)).isTrue();
    }

    @Test
    void queueing_again_adds_nothing_wherever_the_job_waits() {
        var job = queued(5).get(0);
        assertThat(await(queue.enqueue(List.of(job)))).isZero();
        assertThat(length()).isEqualTo(1);
        lease(1);
        assertThat(await(queue.enqueue(List.of(job)))).isZero();
        assertThat(length()).isZero();
        await(queue.park(List.of(job)));
        assertThat(await(queue.enqueue(List.of(job)))).isZero();
        assertThat(length()).isZero();
        await(queue.unpark(ANN, 10));
        assertThat(length()).isEqualTo(1);
    }

    @Test
    void a_delayed_job_that_is_queued_no_longer_waits() {
        var job = queued(5).get(0);
        lease(1);
        await(queue.delay(job, LATER));
        await(queue.enqueue(List.of(job)));
        assertThat(await(queue.due(LATER, 10))).isEmpty();
        assertThat(lease(10)).containsExactly(job.id());
    }

    @Test
    void a_new_priority_moves_a_ready_job() {
        var jobs = queued(5, 5, 5);
        assertThat(await(queue.reprioritize(with(jobs.get(2), 8)))).isEqualTo(1);
        assertThat(lease(1)).containsExactly(jobs.get(2).id());
    }

    @Test
    void a_new_priority_counts_after_leaving_park_or_lease() {
        var jobs = queued(5, 5, 5);
        lease(3);
        await(queue.park(List.of(jobs.get(1))));
        await(queue.reprioritize(with(jobs.get(1), 8)));
        await(queue.reprioritize(with(jobs.get(2), 9)));
        await(queue.giveBack(List.of(jobs.get(0), jobs.get(2))));
        await(queue.unpark(ANN, 10));
        assertThat(lease(3)).containsExactlyElementsOf(ids(jobs.get(2), jobs.get(1), jobs.get(0)));
    }

    @Test
    void a_job_that_is_not_there_gets_no_place_by_a_new_priority() {
        assertThat(await(queue.reprioritize(job(5, ANN)))).isZero();
        assertThat(length()).isZero();
    }
}
