package dev.stationmaster.bench;

import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.jobs.queue.QueuedJob;
import dev.stationmaster.platform.redis.RedisLink;
import dev.stationmaster.platform.security.Ids;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;

/** The work of {@link QueueBench}: all on one event loop, as a worker of the server does it. Argument: how many jobs. */
final class QueueWorkload {
    private static final UUID OWNER = Ids.next();
    private static final String RUNNER = "process";
    private static final int PICKUPS = 400;
    private static final int UNCOUNTED = 100;

    private final Context context;
    private final Vertx vertx;
    private final JobQueue queue;
    private final RedisLink link;
    private final Random random = new Random(1);
    private final Map<UUID, QueuedJob> jobs = new HashMap<>();
    private long seq;

    private QueueWorkload(Vertx vertx, Context context, RedisLink link) {
        this.vertx = vertx;
        this.context = context;
        this.link = link;
        this.queue = new JobQueue(link);
    }

    public static void main(String[] args) {
        Bench.quietLog();
        int n = Integer.parseInt(args[0]);
        Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        Context context = vertx.getOrCreateContext();
        String url = System.getenv("REDIS_URL");
        RedisLink link = on(context, () -> RedisLink.open(vertx, url, l -> {}, push -> {}))
                .await();
        var work = new QueueWorkload(vertx, context, link);
        for (int round = 0; round < 3; round++) { // the first two are for the compiler
            boolean counts = round == 2;
            say(counts, "enqueue", work.enqueue(n));
            work.empty();
            say(counts, "bulk", work.bulk(2 * n));
            work.empty();
            work.bulk(n);
            say(counts, "process", work.process(n));
            work.empty();
            say(counts, "both", work.both(n));
            work.empty();
        }
        Histogram delays = work.pickup(url);
        say(true, "p50", delays.getValueAtPercentile(50) / 1e6);
        say(true, "p99", delays.getValueAtPercentile(99) / 1e6);
        System.exit(0);
    }

    private static void say(boolean counts, String name, double value) {
        if (counts) {
            System.out.printf(Locale.ROOT, "SAMPLE %s %.3f%n", name, value);
        }
    }

    private static <T> Future<T> on(Context context, Supplier<Future<T>> work) {
        Promise<T> promise = Promise.promise();
        context.runOnContext(v -> work.get().onComplete(promise));
        return promise.future();
    }

    private QueuedJob job() {
        var job = new QueuedJob(Ids.next(), 1 + random.nextInt(10), seq++, RUNNER, OWNER);
        jobs.put(job.id(), job);
        return job;
    }

    private void empty() {
        on(context, () -> link.send(Request.cmd(Command.FLUSHALL))).await();
        jobs.clear();
    }

    /** Keeps so many calls in flight until all are done; returns how many a second. */
    private Future<Void> drive(int n, int inFlight, IntFunction<Future<?>> call) {
        Promise<Void> all = Promise.promise();
        int[] state = {0, 0}; // begun, done
        for (int i = 0; i < Math.min(n, inFlight); i++) {
            next(n, state, call, all);
        }
        return all.future();
    }

    private void next(int n, int[] state, IntFunction<Future<?>> call, Promise<Void> all) {
        if (state[0] == n) {
            return;
        }
        call.apply(state[0]++).onComplete(done -> {
            if (done.failed()) {
                all.tryFail(done.cause());
            } else if (++state[1] == n) {
                all.complete();
            } else {
                next(n, state, call, all);
            }
        });
    }

    private static double rate(int n, Callable<?> work) {
        long start = System.nanoTime();
        try {
            work.call();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return n / ((System.nanoTime() - start) / 1e9);
    }

    private double enqueue(int n) {
        return rate(n, () -> on(context, () -> drive(n, 100, i -> queue.enqueue(List.of(job()))))
                .await());
    }

    private double bulk(int n) {
        return rate(n, () -> on(
                        context,
                        () -> drive(n / 1000, 1, i -> {
                            var many = new ArrayList<QueuedJob>(1000);
                            for (int k = 0; k < 1000; k++) {
                                many.add(job());
                            }
                            return queue.enqueue(many);
                        }))
                .await());
    }

    private double process(int n) {
        return rate(n, () -> on(context, () -> drive(n, 50, i -> one())).await());
    }

    private double both(int n) {
        return rate(n, () -> on(
                        context,
                        () -> Future.all(drive(n, 100, i -> queue.enqueue(List.of(job()))), drive(n, 50, i -> one())))
                .await());
    }

    /** Leases one job and ends it; waits a moment where there is none. */
    private Future<?> one() {
        return queue.lease(RUNNER, 1, Instant.now().plusSeconds(30)).compose(ids -> {
            if (ids.isEmpty()) {
                return vertx.timer(1).compose(fired -> one().mapEmpty());
            }
            QueuedJob job = jobs.remove(ids.get(0));
            return queue.done(List.of(job)).<Void>mapEmpty();
        });
    }

    /** From the call of enqueue until the job is leased, where the wake-up message of Redis tells of it. */
    private Histogram pickup(String url) {
        var delays = new Histogram(60_000_000_000L, 3);
        var sent = new HashMap<UUID, Long>();
        int[] got = {0};
        Promise<Void> all = Promise.promise();
        on(
                        context,
                        () -> RedisLink.open(
                                vertx,
                                url,
                                l -> l.send(Request.cmd(Command.SUBSCRIBE).arg(JobQueue.WAKE_CHANNEL))
                                        .onFailure(all::tryFail),
                                push -> queue.lease(RUNNER, 32, Instant.now().plusSeconds(30))
                                        .onSuccess(ids -> ids.forEach(id -> {
                                            if (++got[0] > UNCOUNTED) {
                                                delays.recordValue(System.nanoTime() - sent.get(id));
                                            }
                                            if (got[0] == PICKUPS) {
                                                all.tryComplete();
                                            }
                                        }))
                                        .onFailure(all::tryFail)))
                .await();
        int[] count = {0};
        vertx.setPeriodic(10, timer -> {
            if (++count[0] >= PICKUPS) {
                vertx.cancelTimer(timer);
            }
            context.runOnContext(v -> {
                QueuedJob job = job();
                sent.put(job.id(), System.nanoTime());
                queue.enqueue(List.of(job)).onFailure(all::tryFail);
            });
        });
        all.future().await();
        return delays;
    }
}
