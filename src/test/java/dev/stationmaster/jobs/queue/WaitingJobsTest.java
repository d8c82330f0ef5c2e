package dev.stationmaster.jobs.queue;

import static dev.stationmaster.testing.TestStores.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class WaitingJobsTest extends QueueKit {
    @Test
    void delayed_jobs_come_out_when_they_are_due() {
        var job = queued(5).get(0);
        take(job);
        await(queue.delay(job, LATER));
        assertThat(known(job)).isTrue();
        assertThat(await(queue.heads(5))).isEmpty();
        assertThat(await(queue.expired(LATER.plusSeconds(99), 10))).isEmpty();
        assertThat(await(queue.due(LATER.minusMillis(1), 10))).isEmpty();
        assertThat(await(queue.due(LATER, 10))).containsExactly(job.id());
        assertThat(await(queue.due(LATER, 10))).isEmpty();
        await(queue.enqueue(List.of(job)));
        assertThat(waiting(lane(5, ANN))).containsExactly(job.id());
    }

    /** A server that dies between taking a due job and queueing it leaves an entry and no place. */
    @Test
    void a_job_that_is_in_no_place_is_not_known_and_can_be_queued_again() {
        var job = queued(5).get(0);
        take(job);
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
        assertThat(waiting(lane(5, ANN))).hasSize(1);
        take(job);
        assertThat(await(queue.enqueue(List.of(job)))).isZero();
        assertThat(waiting(lane(5, ANN))).isEmpty();
    }

    @Test
    void a_delayed_job_that_is_queued_no_longer_waits() {
        var job = queued(5).get(0);
        await(queue.delay(job, LATER));
        await(queue.enqueue(List.of(job)));
        assertThat(await(queue.due(LATER, 10))).isEmpty();
        assertThat(waiting(lane(5, ANN))).containsExactly(job.id());
    }

    @Test
    void a_new_priority_moves_a_waiting_job_to_another_lane() {
        var jobs = queued(5, 5);
        assertThat(await(queue.reprioritize(with(jobs.get(1), 8)))).isEqualTo(1);
        assertThat(waiting(lane(8, ANN))).containsExactly(jobs.get(1).id());
        assertThat(waiting(lane(5, ANN))).containsExactly(jobs.get(0).id());
    }

    @Test
    void a_new_priority_of_a_delayed_job_counts_when_it_is_due() {
        var job = queued(5).get(0);
        await(queue.delay(job, LATER));
        var raised = with(job, 8);
        await(queue.reprioritize(raised));
        assertThat(await(queue.heads(5))).isEmpty();
        assertThat(await(queue.due(LATER, 10))).containsExactly(job.id());
        await(queue.enqueue(List.of(raised)));
        assertThat(waiting(lane(8, ANN))).containsExactly(job.id());
        assertThat(waiting(lane(5, ANN))).isEmpty();
    }

    @Test
    void a_job_that_is_not_there_gets_no_place_by_a_new_priority() {
        assertThat(await(queue.reprioritize(job(5, ANN)))).isZero();
        assertThat(await(queue.heads(5))).isEmpty();
    }

    @Test
    void a_priority_changed_while_redis_was_away_is_put_right() {
        var jobs = queued(5, 6);
        var raised = with(jobs.get(0), 9);
        assertThat(await(queue.known(List.of(raised, jobs.get(1))))).containsExactly(false, true);
        await(queue.enqueue(List.of(raised)));
        assertThat(await(queue.known(List.of(raised)))).containsExactly(true);
        assertThat(waiting(lane(5, ANN))).isEmpty();
        assertThat(waiting(lane(9, ANN))).containsExactly(raised.id());
    }
}
