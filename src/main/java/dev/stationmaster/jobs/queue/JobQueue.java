package dev.stationmaster.jobs.queue;

import dev.stationmaster.jobs.scheduler.Decision.Block;
import dev.stationmaster.jobs.scheduler.Decision.Reason;
import dev.stationmaster.jobs.scheduler.Lane;
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
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The index of waiting jobs in Redis: lanes of jobs that differ only in age, leases, and delayed jobs. Bound to the event
 * loop of its {@link RedisLink}; fails with {@code RedisDownException} while Redis is away, which loses nothing.
 */
public final class JobQueue {
    /** The braces keep all keys in one slot of a Redis cluster. */
    private static final String PREFIX = "{sm:jobs}:";

    /** For each job the score and the lane where it waits, or would. */
    private static final String PLACES = PREFIX + "places";

    private static final String LEASES = PREFIX + "leases";
    private static final String DELAYED = PREFIX + "delayed";
    private static final String LANES = PREFIX + "lanes";
    private static final String BLOCKS = PREFIX + "blocks";
    private static final String ESTIMATES = PREFIX + "estimates";
    /** Tells that something is to be decided. */
    public static final String WAKE_CHANNEL = PREFIX + "wake";
    /** Tells a worker, by its name, that it was given jobs. */
    public static final String ASSIGNED_CHANNEL = PREFIX + "assigned";

    private static final int MAX_LANES = 5_000;
    private static final LuaScript ENQUEUE = LuaScript.load("enqueue");
    private static final LuaScript HEADS = LuaScript.load("heads");
    private static final LuaScript KNOWN = LuaScript.load("known");
    private static final LuaScript TAKE = LuaScript.load("take");
    private static final LuaScript HEARTBEAT = LuaScript.load("heartbeat");
    private static final LuaScript RELEASE = LuaScript.load("release");
    private static final LuaScript DELAY = LuaScript.load("delay");
    private static final LuaScript DUE = LuaScript.load("due");
    private static final LuaScript EXPIRED = LuaScript.load("expired");
    private static final LuaScript REPRIORITIZE = LuaScript.load("reprioritize");
    private static final LuaScript POSITION = LuaScript.load("position");
    private static final LuaScript ESTIMATED = LuaScript.load("estimates");

    private final RedisLink redis;

    public JobQueue(RedisLink redis) {
        this.redis = redis;
    }

    /** Adds jobs and wakes the dispatcher. Repeating it changes nothing. */
    public Future<Integer> enqueue(Collection<QueuedJob> jobs) {
        if (jobs.isEmpty()) {
            return Future.succeededFuture(0);
        }
        return redis.run(ENQUEUE, List.of(PLACES, LEASES, DELAYED, LANES, WAKE_CHANNEL), places(jobs))
                .map(JobQueue::number);
    }

    private static List<String> places(Collection<QueuedJob> jobs) {
        var args = new ArrayList<String>(1 + jobs.size() * 3);
        args.add(PREFIX);
        for (QueuedJob job : jobs) {
            args.add(job.id().toString());
            args.add(Long.toString(job.score()));
            args.add(LaneName.of(job.lane()));
        }
        return args;
    }

    /** The oldest {@code perLane} jobs of all lanes that have any. */
    public Future<List<Lane>> heads(int perLane) {
        return redis.run(HEADS, List.of(LANES), List.of(PREFIX, Integer.toString(perLane), Integer.toString(MAX_LANES)))
                .map(JobQueue::lanes);
    }

    private static List<Lane> lanes(@Nullable Response response) {
        var lanes = new ArrayList<Lane>();
        for (int i = 0; response != null && i < response.size(); i += 3) {
            var heads = new ArrayList<Lane.Head>();
            Response found = response.get(i + 2);
            for (int k = 0; k < found.size(); k += 2) {
                heads.add(new Lane.Head(
                        UUID.fromString(found.get(k).toString()),
                        QueuedJob.instant(Double.parseDouble(found.get(k + 1).toString()))));
            }
            lanes.add(new Lane(
                    LaneName.parse(response.get(i).toString()),
                    heads,
                    response.get(i + 1).toLong(),
                    null));
        }
        return lanes;
    }

    /** Leases jobs that a worker was given. */
    public Future<Integer> take(Collection<UUID> ids, Instant end) {
        return ids.isEmpty()
                ? Future.succeededFuture(0)
                : redis.run(TAKE, List.of(PLACES, LEASES), with(ids, PREFIX, Long.toString(end.toEpochMilli())))
                        .map(JobQueue::number);
    }

    /** Returns the ids whose lease was no longer in the index; now it is again. */
    public Future<List<UUID>> heartbeat(Collection<UUID> ids, Instant end) {
        return redis.run(HEARTBEAT, List.of(LEASES), with(ids, Long.toString(end.toEpochMilli())))
                .map(JobQueue::ids);
    }

    /** Forgets jobs that need no queue any more. */
    public Future<Integer> done(Collection<UUID> ids) {
        return release("done", ids);
    }

    /** Gives leased jobs back, in their old place, without waking anybody. */
    public Future<Integer> giveBack(Collection<UUID> ids) {
        return release("ready", ids);
    }

    private Future<Integer> release(String what, Collection<UUID> ids) {
        return ids.isEmpty()
                ? Future.succeededFuture(0)
                : redis.run(RELEASE, List.of(PLACES, LEASES, DELAYED, LANES), with(ids, PREFIX, what))
                        .map(JobQueue::number);
    }

    private static List<String> with(Collection<UUID> ids, String... first) {
        var args = new ArrayList<String>(first.length + ids.size());
        args.addAll(List.of(first));
        ids.forEach(id -> args.add(id.toString()));
        return args;
    }

    /** Ends a lease and sets the job aside until {@code due}. */
    public Future<Integer> delay(QueuedJob job, Instant due) {
        return redis.run(
                        DELAY,
                        List.of(PLACES, LEASES, DELAYED),
                        List.of(
                                PREFIX,
                                job.id().toString(),
                                Long.toString(due.toEpochMilli()),
                                Long.toString(job.score()),
                                LaneName.of(job.lane())))
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

    /** Moves a waiting job to the lane of its new priority. */
    public Future<Integer> reprioritize(QueuedJob job) {
        return redis.run(REPRIORITIZE, List.of(PLACES, LEASES, DELAYED, LANES), places(List.of(job)))
                .map(JobQueue::number);
    }

    /**
     * Its place by priority and age among the jobs of its runner, 1 is next; null when it is in no lane. Fair shares,
     * quotas and aging may let others pass.
     */
    public Future<@Nullable Long> position(QueuedJob job) {
        return redis.run(
                        POSITION,
                        List.of(LANES),
                        List.of(
                                PREFIX,
                                job.id().toString(),
                                LaneName.of(job.lane()),
                                job.lane().runner(),
                                Integer.toString(job.lane().priority())))
                .map(ahead -> ahead == null || ahead.toLong() < 0 ? null : Long.valueOf(ahead.toLong() + 1));
    }

    /** Which of these the index has in their place: in their lane, leased or delayed. */
    public Future<List<Boolean>> known(List<QueuedJob> jobs) {
        return redis.run(KNOWN, List.of(LEASES, DELAYED, LANES), places(jobs)).map(found -> {
            var known = new ArrayList<Boolean>(jobs.size());
            for (int i = 0; i < jobs.size(); i++) {
                known.add(found != null && found.get(i).toInteger() == 1);
            }
            return known;
        });
    }

    /** Says why lanes wait, for everybody who asks; replaces all that was said before. */
    public Future<Void> explain(Map<Lane.Key, Block> blocks) {
        Request set = Request.cmd(Command.HSET).arg(BLOCKS);
        blocks.forEach(
                (lane, block) -> set.arg(LaneName.of(lane)).arg(block.reason().wireName() + '|' + block.message()));
        Future<?> cleared = redis.send(Request.cmd(Command.DEL).arg(BLOCKS));
        return blocks.isEmpty()
                ? cleared.mapEmpty()
                : cleared.compose(done -> redis.send(set)).mapEmpty();
    }

    /** Why these lanes wait, null where nobody knows. */
    public Future<List<@Nullable Block>> explanations(List<Lane.Key> lanes) {
        if (lanes.isEmpty()) {
            return Future.succeededFuture(List.of());
        }
        Request get = Request.cmd(Command.HMGET).arg(BLOCKS);
        lanes.forEach(lane -> get.arg(LaneName.of(lane)));
        return redis.send(get).map(found -> {
            var blocks = new ArrayList<@Nullable Block>();
            for (int i = 0; i < lanes.size(); i++) {
                Response text = found == null ? null : found.get(i);
                blocks.add(text == null ? null : block(text.toString()));
            }
            return blocks;
        });
    }

    /** Says what is foreseen for lanes; replaces all that was said before. */
    public Future<Void> estimate(Map<Lane.Key, String> texts) {
        Request set = Request.cmd(Command.HSET).arg(ESTIMATES);
        texts.forEach((lane, text) -> set.arg(LaneName.of(lane)).arg(text));
        Future<?> cleared = redis.send(Request.cmd(Command.DEL).arg(ESTIMATES));
        return texts.isEmpty()
                ? cleared.mapEmpty()
                : cleared.compose(done -> redis.send(set)).mapEmpty();
    }

    /** A job's place in its lane, from 0, and what was foreseen for the lane. */
    public record Foreseen(long place, String text) {}

    /** Null for jobs that are in no lane, or of which nothing is foreseen. */
    public Future<List<@Nullable Foreseen>> foreseen(List<QueuedJob> jobs) {
        var args = new ArrayList<String>(1 + jobs.size() * 2);
        args.add(PREFIX);
        for (QueuedJob job : jobs) {
            args.add(job.id().toString());
            args.add(LaneName.of(job.lane()));
        }
        return redis.run(ESTIMATED, List.of(ESTIMATES), args).map(found -> {
            var all = new ArrayList<@Nullable Foreseen>(jobs.size());
            for (int i = 0; i < jobs.size(); i++) {
                String text = found == null || found.get(2 * i + 1) == null
                        ? ""
                        : found.get(2 * i + 1).toString();
                all.add(
                        found == null || text.isEmpty()
                                ? null
                                : new Foreseen(found.get(2 * i).toLong(), text));
            }
            return all;
        });
    }

    private static Block block(String text) {
        int cut = text.indexOf('|');
        return new Block(Reason.valueOf(text.substring(0, cut).toUpperCase(Locale.ROOT)), text.substring(cut + 1));
    }

    /** Tells every server on a channel. */
    public Future<Void> tell(String channel, String text) {
        return redis.send(Request.cmd(Command.PUBLISH).arg(channel).arg(text)).mapEmpty();
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
