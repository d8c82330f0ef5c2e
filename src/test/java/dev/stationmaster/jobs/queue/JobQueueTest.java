package dev.stationmaster.jobs.queue;

import static dev.stationmaster.testing.TestStores.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.scheduler.Decision.Block;
import dev.stationmaster.jobs.scheduler.Decision.Reason;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.platform.redis.RedisLink;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class JobQueueTest extends QueueKit {
    @Test
    void a_lane_gives_its_oldest_first_and_says_how_many_wait() {
        var jobs = queued(5, 5, 5, 9);
        var lanes = await(queue.heads(2));
        assertThat(lanes).extracting(Lane::key).containsExactlyInAnyOrder(lane(5, ANN), lane(9, ANN));
        Lane five = lanes.stream()
                .filter(l -> l.key().equals(lane(5, ANN)))
                .findFirst()
                .orElseThrow();
        assertThat(five.length()).isEqualTo(3);
        assertThat(five.heads())
                .containsExactly(
                        new Lane.Head(jobs.get(0).id(), jobs.get(0).queuedAt()),
                        new Lane.Head(jobs.get(1).id(), jobs.get(1).queuedAt()));
    }

    @Test
    void microseconds_keep_their_order_far_into_the_future() {
        var late = new QueuedJob(UUID.randomUUID(), lane(5, ANN), Instant.parse("2200-01-01T00:00:00.000002Z"));
        var early = new QueuedJob(UUID.randomUUID(), lane(5, ANN), Instant.parse("2200-01-01T00:00:00.000001Z"));
        await(queue.enqueue(List.of(late, early)));
        assertThat(waiting(lane(5, ANN))).containsExactlyElementsOf(ids(early, late));
        assertThat(await(queue.heads(1)).get(0).heads().get(0).queuedAt()).isEqualTo(early.queuedAt());
    }

    @Test
    void what_is_taken_waits_no_longer_and_its_empty_lane_is_forgotten() {
        var jobs = queued(5, 5);
        take(jobs.get(0));
        assertThat(waiting(lane(5, ANN))).containsExactly(jobs.get(1).id());
        take(jobs.get(1));
        assertThat(await(queue.heads(5))).isEmpty();
        assertThat(await(queue.known(jobs))).containsExactly(true, true);
    }

    @Test
    void a_heartbeat_prolongs_and_reports_what_is_lost() {
        var jobs = queued(5, 5);
        take(jobs.get(0), jobs.get(1));
        var stranger = UUID.randomUUID();
        var ids = List.of(jobs.get(0).id(), stranger);
        assertThat(await(queue.heartbeat(ids, LATER.plusSeconds(60)))).containsExactly(stranger);
        assertThat(await(queue.expired(LATER.plusSeconds(1), 10)))
                .containsExactly(jobs.get(1).id());
    }

    @Test
    void a_lost_lease_that_is_still_held_is_in_the_index_again() {
        var job = queued(5).get(0);
        take(job);
        await(redis.send(Request.cmd(Command.FLUSHALL)));
        assertThat(await(queue.heartbeat(ids(job), LATER))).containsExactly(job.id());
        assertThat(await(queue.heartbeat(ids(job), LATER))).isEmpty();
        assertThat(await(queue.enqueue(List.of(job)))).isZero();
        await(queue.done(ids(job)));
        assertThat(known(job)).isFalse();
    }

    @Test
    void expired_leases_are_only_listed() {
        var job = queued(5).get(0);
        take(job);
        assertThat(await(queue.expired(LATER.minusMillis(1), 10))).isEmpty();
        assertThat(await(queue.expired(LATER, 10))).containsExactly(job.id());
        assertThat(await(queue.expired(LATER, 10))).containsExactly(job.id());
    }

    @Test
    void what_is_given_back_has_its_old_place() {
        var jobs = queued(5, 5, 5);
        take(jobs.get(0), jobs.get(1));
        await(queue.giveBack(ids(jobs.get(1))));
        await(queue.giveBack(ids(jobs.get(0))));
        assertThat(waiting(lane(5, ANN))).containsExactlyElementsOf(ids(jobs.get(0), jobs.get(1), jobs.get(2)));
    }

    @Test
    void done_forgets_everything_wherever_the_job_is() {
        var ready = job(5, ANN);
        var leased = job(9, ANN);
        var delayed = job(10, BOB);
        var all = List.of(ready, leased, delayed);
        await(queue.enqueue(all));
        take(leased);
        await(queue.delay(delayed, LATER));
        assertThat(await(queue.known(all))).containsExactly(true, true, true);
        await(queue.done(ids(ready, leased, delayed)));
        assertThat(await(queue.known(all))).containsExactly(false, false, false);
        assertThat(await(queue.heads(5))).isEmpty();
        assertThat(keys()).as("keys left").isZero();
    }

    @Test
    void what_is_not_known_cannot_be_given_back() {
        var stranger = job(5, ANN);
        await(queue.giveBack(ids(stranger)));
        assertThat(known(stranger)).isFalse();
        assertThat(keys()).isZero();
    }

    @Test
    void the_position_counts_higher_priorities_and_older_jobs_of_the_runner() {
        var jobs = queued(5, 9, 5);
        var bobs = job(5, BOB);
        await(queue.enqueue(List.of(bobs)));
        assertThat(await(queue.position(jobs.get(1)))).isEqualTo(1);
        assertThat(await(queue.position(jobs.get(0)))).isEqualTo(2);
        assertThat(await(queue.position(jobs.get(2)))).isEqualTo(3);
        assertThat(await(queue.position(bobs))).isEqualTo(4);
        take(jobs.get(1));
        assertThat(await(queue.position(jobs.get(1)))).isNull();
        assertThat(await(queue.position(bobs))).isEqualTo(3);
    }

    @Test
    void after_losing_all_data_jobs_are_queued_again() {
        var jobs = queued(5, 5);
        take(jobs.get(0));
        await(redis.send(Request.cmd(Command.FLUSHALL)));
        assertThat(await(queue.known(jobs))).containsExactly(false, false);
        assertThat(await(queue.enqueue(jobs))).isEqualTo(2);
        assertThat(waiting(lane(5, ANN))).containsExactlyElementsOf(ids(jobs.get(0), jobs.get(1)));
    }

    @Test
    void nothing_is_asked_of_redis_for_no_jobs() {
        await(redis.close());
        assertThat(await(queue.enqueue(List.of()))).isZero();
        assertThat(await(queue.take(List.of(), LATER))).isZero();
        assertThat(await(queue.done(List.of()))).isZero();
    }

    @Test
    void lanes_are_explained_until_something_else_is_said() {
        var full = new Block(Reason.WAITING_FOR_CAPACITY, "No room: a|b.");
        await(queue.explain(Map.of(lane(5, ANN), full)));
        assertThat(await(queue.explanations(List.of(lane(5, ANN), lane(6, ANN)))))
                .containsExactly(full, null);
        await(queue.explain(Map.of()));
        assertThat(await(queue.explanations(List.of(lane(5, ANN))))).containsOnlyNulls();
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
