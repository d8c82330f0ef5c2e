package dev.stationmaster.jobs.queue;

import static dev.stationmaster.testing.TestStores.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.redis.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class JobQueueTest extends QueueKit {
    @Test
    void priority_comes_first_then_the_order_of_submission() {
        var jobs = queued(5, 1, 10, 5, 10);
        assertThat(lease(10))
                .containsExactlyElementsOf(ids(jobs.get(2), jobs.get(4), jobs.get(0), jobs.get(3), jobs.get(1)));
        assertThat(lease(10)).isEmpty();
    }

    @Test
    void huge_sequence_numbers_keep_their_order() {
        long top = (1L << 42) - 10;
        var jobs = new ArrayList<QueuedJob>();
        for (int i = 9; i >= 0; i--) {
            jobs.add(new QueuedJob(UUID.randomUUID(), 1, top + i, "process", ANN));
        }
        await(queue.enqueue(jobs));
        assertThat(lease(2)).containsExactlyElementsOf(ids(jobs.get(9), jobs.get(8)));
    }

    @Test
    void runners_have_queues_of_their_own() {
        var other = new QueuedJob(UUID.randomUUID(), 5, 1, "simulation", ANN);
        await(queue.enqueue(List.of(other)));
        assertThat(lease(10)).isEmpty();
        assertThat(await(queue.lease("simulation", 10, LATER))).containsExactly(other.id());
    }

    @Test
    void two_consumers_never_share_a_job() {
        var all = new ArrayList<QueuedJob>();
        for (int i = 0; i < 200; i++) {
            all.add(job(1 + i % 10, ANN));
        }
        await(queue.enqueue(all));
        RedisLink second = STORES.redis();
        var other = new JobQueue(second);
        var leases = new ArrayList<Future<List<UUID>>>();
        for (int i = 0; i < 40; i++) {
            leases.add(queue.lease("process", 3, LATER));
            leases.add(other.lease("process", 3, LATER));
        }
        await(Future.all(leases));
        var taken = leases.stream().flatMap(l -> l.result().stream()).toList();
        assertThat(taken).hasSize(200).doesNotHaveDuplicates();
        await(second.close());
    }

    @Test
    void a_heartbeat_prolongs_and_reports_what_is_lost() {
        var jobs = queued(5, 5);
        lease(2);
        var stranger = UUID.randomUUID();
        var ids = List.of(jobs.get(0).id(), stranger);
        assertThat(await(queue.heartbeat(ids, LATER.plusSeconds(60)))).containsExactly(stranger);
        assertThat(await(queue.expired(LATER.plusSeconds(1), 10)))
                .containsExactly(jobs.get(1).id());
    }

    @Test
    void a_lost_lease_that_is_still_held_is_in_the_index_again() {
        var job = queued(5).get(0);
        lease(1);
        await(redis.send(Request.cmd(Command.FLUSHALL)));
        assertThat(await(queue.heartbeat(ids(job), LATER))).containsExactly(job.id());
        assertThat(await(queue.heartbeat(ids(job), LATER))).isEmpty();
        assertThat(await(queue.enqueue(List.of(job)))).isZero();
        await(queue.done(List.of(job)));
        assertThat(known(job)).isFalse();
    }

    @Test
    void a_priority_changed_while_redis_was_away_is_put_right() {
        var jobs = queued(5, 6);
        var raised = with(jobs.get(0), 9);
        assertThat(await(queue.known(List.of(raised, jobs.get(1))))).containsExactly(false, true);
        await(queue.enqueue(List.of(raised)));
        assertThat(await(queue.known(List.of(raised)))).containsExactly(true);
        assertThat(lease(2)).containsExactlyElementsOf(ids(raised, jobs.get(1)));
    }

    @Test
    void expired_leases_are_only_listed() {
        var jobs = queued(5);
        lease(1);
        assertThat(await(queue.expired(LATER.minusMillis(1), 10))).isEmpty();
        assertThat(await(queue.expired(LATER, 10))).containsExactly(jobs.get(0).id());
        assertThat(await(queue.expired(LATER, 10))).containsExactly(jobs.get(0).id());
        assertThat(lease(1)).isEmpty();
    }

    @Test
    void what_is_given_back_has_its_old_place() {
        var jobs = queued(5, 5, 5);
        lease(2);
        await(queue.giveBack(List.of(jobs.get(1))));
        await(queue.giveBack(List.of(jobs.get(0))));
        assertThat(lease(3)).containsExactlyElementsOf(ids(jobs.get(0), jobs.get(1), jobs.get(2)));
    }

    @Test
    void done_forgets_everything_wherever_the_job_is() {
        var ready = job(5, ANN);
        var leased = job(9, ANN);
        var parked = job(10, BOB);
        var delayed = job(10, ANN);
        var all = List.of(ready, leased, parked, delayed);
        await(queue.enqueue(all));
        lease(3);
        await(queue.park(List.of(parked)));
        await(queue.delay(delayed, LATER));
        assertThat(await(queue.known(all))).containsExactly(true, true, true, true);
        await(queue.done(all));
        assertThat(await(queue.known(all))).containsExactly(false, false, false, false);
        await(queue.unpark(BOB, 10));
        assertThat(await(redis.send(Request.cmd(Command.DBSIZE))).toInteger())
                .as("keys left")
                .isZero();
    }

    @Test
    void what_is_not_known_cannot_be_given_back() {
        var stranger = job(5, ANN);
        await(queue.giveBack(List.of(stranger)));
        await(queue.park(List.of(stranger)));
        assertThat(known(stranger)).isFalse();
        assertThat(await(redis.send(Request.cmd(Command.DBSIZE))).toInteger()).isZero();
    }

    @Test
    void the_next_job_has_position_one() {
        var jobs = queued(5, 9);
        assertThat(await(queue.position(jobs.get(1).id(), "process"))).isEqualTo(1);
        assertThat(await(queue.position(jobs.get(0).id(), "process"))).isEqualTo(2);
        lease(1);
        assertThat(await(queue.position(jobs.get(1).id(), "process"))).isNull();
    }

    @Test
    void after_losing_all_data_jobs_are_queued_again() {
        var jobs = queued(5, 9);
        lease(1);
        await(redis.send(Request.cmd(Command.FLUSHALL)));
        assertThat(await(queue.known(jobs))).containsExactly(false, false);
        assertThat(await(queue.enqueue(jobs))).isEqualTo(2);
        assertThat(lease(2)).containsExactlyElementsOf(ids(jobs.get(1), jobs.get(0)));
    }

    @Test
    void nothing_is_asked_of_redis_for_no_jobs() {
        await(redis.close());
        assertThat(await(queue.enqueue(List.of()))).isZero();
        assertThat(await(queue.done(List.of()))).isZero();
    }

    @Test
    void queueing_wakes_who_listens() throws Exception {
        var heard = new java.util.concurrent.LinkedBlockingQueue<String>();
        RedisLink listener = await(
                RedisLink.open(STORES.vertx(), STORES.redisUrl(), link -> {}, push -> heard.add(push.toString())));
        await(listener.send(Request.cmd(Command.SUBSCRIBE).arg(JobQueue.WAKE_CHANNEL)));
        queued(5);
        String message;
        do {
            message = heard.poll(20, java.util.concurrent.TimeUnit.SECONDS);
        } while (message != null && !message.contains("queued"));
        assertThat(message).contains(JobQueue.WAKE_CHANNEL);
        await(listener.close());
    }
}
