package dev.stationmaster.jobs.queue;

import static dev.stationmaster.testing.TestStores.await;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Lane;
import dev.stationmaster.platform.redis.RedisLink;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.TestStores;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
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
    private static final Resources SMALL = new Resources(1_000, 1L << 30, 0, 0);

    RedisLink redis;
    JobQueue queue;
    private long age;

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

    static Lane.Key lane(int priority, UUID owner) {
        return new Lane.Key("default", owner, 7, "process", priority, SMALL, 1, 1);
    }

    /** Each a microsecond younger than the one before. */
    QueuedJob job(int priority, UUID owner) {
        return new QueuedJob(UUID.randomUUID(), lane(priority, owner), NOW.plusNanos(1_000 * ++age));
    }

    List<QueuedJob> queued(int... priorities) {
        var jobs = new ArrayList<QueuedJob>();
        for (int priority : priorities) {
            jobs.add(job(priority, ANN));
        }
        await(queue.enqueue(jobs));
        return jobs;
    }

    void take(QueuedJob... jobs) {
        await(queue.take(ids(jobs), LATER));
    }

    /** The ids that wait in a lane, oldest first. */
    List<UUID> waiting(Lane.Key lane) {
        return await(queue.heads(100)).stream()
                .filter(found -> found.key().equals(lane))
                .flatMap(found -> found.heads().stream())
                .map(Lane.Head::id)
                .toList();
    }

    static List<UUID> ids(QueuedJob... jobs) {
        return Stream.of(jobs).map(QueuedJob::id).toList();
    }

    boolean known(QueuedJob job) {
        return await(queue.known(List.of(job))).get(0);
    }

    int keys() {
        return await(redis.send(Request.cmd(Command.DBSIZE))).toInteger();
    }

    static QueuedJob with(QueuedJob job, int priority) {
        return new QueuedJob(job.id(), lane(priority, job.lane().owner()), job.queuedAt());
    }
}
