package dev.stationmaster.jobs.queue;

import static dev.stationmaster.testing.TestStores.await;

import dev.stationmaster.platform.redis.RedisLink;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.TestStores;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A queue on an empty Redis for each test. */
abstract class QueueKit {
    @RegisterExtension
    static final TestStores STORES = new TestStores();

    static final Instant NOW = ManualClock.START;
    static final Instant LATER = NOW.plusSeconds(30);
    static final UUID ANN = new UUID(0, 1);
    static final UUID BOB = new UUID(0, 2);

    RedisLink redis;
    JobQueue queue;
    long seq;

    @BeforeEach
    void empty() {
        STORES.flushRedis();
        redis = STORES.redis();
        queue = new JobQueue(redis);
    }

    @AfterEach
    void close() {
        await(redis.close());
    }

    QueuedJob job(int priority, UUID owner) {
        return new QueuedJob(UUID.randomUUID(), priority, ++seq, "process", owner);
    }

    List<QueuedJob> queued(int... priorities) {
        var jobs = new ArrayList<QueuedJob>();
        for (int priority : priorities) {
            jobs.add(job(priority, ANN));
        }
        await(queue.enqueue(jobs));
        return jobs;
    }

    List<UUID> lease(int max) {
        return await(queue.lease("process", max, LATER));
    }

    static List<UUID> ids(QueuedJob... jobs) {
        return Stream.of(jobs).map(QueuedJob::id).toList();
    }

    boolean known(QueuedJob job) {
        return await(queue.known(List.of(job))).get(0);
    }

    long length() {
        return await(queue.length("process"));
    }

    static QueuedJob with(QueuedJob job, int priority) {
        return new QueuedJob(job.id(), priority, job.seq(), job.runner(), job.owner());
    }
}
