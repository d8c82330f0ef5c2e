package dev.stationmaster.jobs.queue;

import dev.stationmaster.platform.redis.LuaScript;
import dev.stationmaster.platform.redis.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The priority queue in Redis: ready, leased, delayed and parked jobs. Bound to the event loop of its {@link RedisLink};
 * fails with {@code RedisDownException} while Redis is away, which loses nothing.
 */
public final class JobQueue {
    /** The braces keep all keys in one slot of a Redis cluster. */
    private static final String PREFIX = "{sm:jobs}:";

    private static final String LEASES = PREFIX + "leases";
    private static final String SCORES = PREFIX + "scores";
    private static final String DELAYED = PREFIX + "delayed";
    private static final String PARKED_OWNERS = PREFIX + "parked-owners";
    public static final String WAKE_CHANNEL = PREFIX + "wake";

    private static final LuaScript ENQUEUE = LuaScript.load("enqueue");
    private static final LuaScript KNOWN = LuaScript.load("known");
    private static final LuaScript LEASE = LuaScript.load("lease");
    private static final LuaScript HEARTBEAT = LuaScript.load("heartbeat");
    private static final LuaScript RELEASE = LuaScript.load("release");
    private static final LuaScript UNPARK = LuaScript.load("unpark");
    private static final LuaScript DELAY = LuaScript.load("delay");
    private static final LuaScript DUE = LuaScript.load("due");
    private static final LuaScript EXPIRED = LuaScript.load("expired");
    private static final LuaScript REPRIORITIZE = LuaScript.load("reprioritize");

    private final RedisLink redis;

    public JobQueue(RedisLink redis) {
        this.redis = redis;
    }

    /** Adds jobs and wakes the dispatchers. Repeating it changes nothing. */
    public Future<Integer> enqueue(Collection<QueuedJob> jobs) {
        if (jobs.isEmpty()) {
            return Future.succeededFuture(0);
        }
        var args = new ArrayList<String>(1 + jobs.size() * 4);
        args.add(PREFIX);
        for (QueuedJob job : jobs) {
            args.add(job.id().toString());
            args.add(Long.toString(job.score()));
            args.add(job.runner());
            args.add(job.owner().toString());
        }
        return redis.run(ENQUEUE, List.of(SCORES, LEASES, DELAYED, WAKE_CHANNEL), args)
                .map(JobQueue::number);
    }

    /** The first {@code max} jobs of a runner, leased until {@code end}. */
    public Future<List<UUID>> lease(String runner, int max, Instant end) {
        return redis.run(
                        LEASE,
                        List.of(PREFIX + "ready:" + runner, LEASES),
                        List.of(Integer.toString(max), Long.toString(end.toEpochMilli())))
                .map(JobQueue::ids);
    }

    /** Returns the ids whose lease was no longer in the index; now it is again. */
    public Future<List<UUID>> heartbeat(Collection<UUID> ids, Instant end) {
        var args = new ArrayList<String>(1 + ids.size());
        args.add(Long.toString(end.toEpochMilli()));
        ids.forEach(id -> args.add(id.toString()));
        return redis.run(HEARTBEAT, List.of(LEASES), args).map(JobQueue::ids);
    }

    /** Forgets jobs that need no queue any more. */
    public Future<Integer> done(Collection<QueuedJob> jobs) {
        return release("done", jobs);
    }

    /** Gives leased jobs back, in their old place, without waking anybody. */
    public Future<Integer> giveBack(Collection<QueuedJob> jobs) {
        return release("ready", jobs);
    }

    /** Sets leased jobs aside until {@link #unpark}: their owner has no room. */
    public Future<Integer> park(Collection<QueuedJob> jobs) {
        return release("park", jobs);
    }

    private Future<Integer> release(String what, Collection<QueuedJob> jobs) {
        if (jobs.isEmpty()) {
            return Future.succeededFuture(0);
        }
        var args = new ArrayList<String>(2 + jobs.size() * 2);
        args.add(PREFIX);
        args.add(what);
        for (QueuedJob job : jobs) {
            args.add(job.id().toString());
            args.add(job.owner().toString());
        }
        return redis.run(RELEASE, List.of(LEASES, SCORES, DELAYED, PARKED_OWNERS), args)
                .map(JobQueue::number);
    }

    public Future<Integer> unpark(UUID owner, int max) {
        return redis.run(
                        UNPARK,
                        List.of(SCORES, PARKED_OWNERS, WAKE_CHANNEL),
                        List.of(PREFIX, owner.toString(), Integer.toString(max)))
                .map(JobQueue::number);
    }

    public Future<List<UUID>> parkedOwners() {
        return redis.send(Request.cmd(Command.SMEMBERS).arg(PARKED_OWNERS)).map(JobQueue::ids);
    }

    /** Ends a lease and sets the job aside until {@code due}. */
    public Future<Integer> delay(QueuedJob job, Instant due) {
        return redis.run(
                        DELAY,
                        List.of(LEASES, DELAYED, SCORES),
                        List.of(
                                job.id().toString(),
                                Long.toString(due.toEpochMilli()),
                                Long.toString(job.score()),
                                job.runner()))
                .map(JobQueue::number);
    }

    /** Takes jobs whose delay is over; the caller makes them queued and enqueues them. */
    public Future<List<UUID>> due(Instant now, int max) {
        return redis.run(DUE, List.of(DELAYED), List.of(Long.toString(now.toEpochMilli()), Integer.toString(max)))
                .map(JobQueue::ids);
    }

    /** Leases without a heartbeat. Nothing is changed: PostgreSQL decides. */
    public Future<List<UUID>> expired(Instant now, int max) {
        return redis.run(EXPIRED, List.of(LEASES), List.of(Long.toString(now.toEpochMilli()), Integer.toString(max)))
                .map(JobQueue::ids);
    }

    /** Moves a waiting job to the place of its new priority. */
    public Future<Integer> reprioritize(QueuedJob job) {
        return redis.run(
                        REPRIORITIZE,
                        List.of(SCORES),
                        List.of(
                                PREFIX,
                                job.id().toString(),
                                Long.toString(job.score()),
                                job.runner(),
                                job.owner().toString()))
                .map(JobQueue::number);
    }

    /** 1 is next; null when the job is not in the ready index. */
    public Future<@Nullable Long> position(UUID id, String runner) {
        return redis.send(Request.cmd(Command.ZRANK)
                        .arg(PREFIX + "ready:" + runner)
                        .arg(id.toString()))
                .map(rank -> rank == null ? null : Long.valueOf(rank.toLong() + 1));
    }

    /** How many are ready for a runner. */
    public Future<Long> length(String runner) {
        return redis.send(Request.cmd(Command.ZCARD).arg(PREFIX + "ready:" + runner))
                .map(n -> n == null ? 0L : n.toLong());
    }

    /** Which of these the index has in their place: ready, leased, delayed or parked. */
    public Future<List<Boolean>> known(List<QueuedJob> jobs) {
        var args = new ArrayList<String>(1 + jobs.size() * 4);
        args.add(PREFIX);
        for (QueuedJob job : jobs) {
            args.add(job.id().toString());
            args.add(Long.toString(job.score()));
            args.add(job.runner());
            args.add(job.owner().toString());
        }
        return redis.run(KNOWN, List.of(LEASES, DELAYED), args).map(found -> {
            var known = new ArrayList<Boolean>(jobs.size());
            for (int i = 0; i < jobs.size(); i++) {
                known.add(found != null && found.get(i).toInteger() == 1);
            }
            return known;
        });
    }

    private static int number(@Nullable Response response) {
        return response == null ? 0 : response.toInteger();
    }

    private static List<UUID> ids(@Nullable Response response) {
        var ids = new ArrayList<UUID>();
        if (response != null) {
            response.forEach(id -> ids.add(UUID.fromString(id.toString())));
        }
        return ids;
    }
}
