package dev.stationmaster.bench;

import dev.stationmaster.jobs.queue.JobQueue;
import dev.stationmaster.jobs.queue.QueuedJob;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.scheduler.Lane;
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
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
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
    private static final int IN_FLIGHT = 50;
    private static final int HEADS = 16;
    private long age;

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
        var lane = new Lane.Key(
                "default", OWNER, 1, RUNNER, 1 + random.nextInt(10), new Resources(1_000, 1L << 30, 0, 0), 1, 1);
        return new QueuedJob(Ids.next(), lane, Instant.EPOCH.plus(++age, ChronoUnit.MICROS));
    }

    private void empty() {
        on(context, () -> link.send(Request.cmd(Command.FLUSHALL))).await();
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
        return rate(n, () -> on(context, () -> consume(n)).await());
    }

    private double both(int n) {
        return rate(
                n, () -> on(context, () -> Future.all(drive(n, 100, i -> queue.enqueue(List.of(job()))), consume(n)))
                        .await());
    }

    /** As the dispatcher: looks at the heads of all lanes, takes as many as may run at once, and ends each by itself. */
    private Future<Void> consume(int n) {
        Promise<Void> all = Promise.promise();
        look(new int[] {0, 0}, n, all); // taken and not done, done
        return all.future();
    }

    private void look(int[] state, int n, Promise<Void> all) {
        int room = IN_FLIGHT - state[0];
        queue.heads(HEADS)
                .compose(lanes -> {
                    List<UUID> first = first(lanes, room);
                    state[0] += first.size();
                    return queue.take(first, Instant.now().plusSeconds(30)).map(first);
                })
                .onFailure(all::tryFail)
                .onSuccess(ids -> {
                    if (ids.isEmpty()) {
                        vertx.setTimer(1, fired -> look(state, n, all));
                        return;
                    }
                    int[] left = {ids.size()};
                    for (UUID id : ids) {
                        queue.done(List.of(id)).onFailure(all::tryFail).onSuccess(done -> {
                            state[0]--;
                            if (++state[1] == n) {
                                all.complete();
                            } else if (--left[0] == 0) {
                                look(state, n, all);
                            }
                        });
                    }
                });
    }

    private static List<UUID> first(List<Lane> lanes, int most) {
        return lanes.stream()
                .sorted(Comparator.comparingInt((Lane lane) -> -lane.key().priority()))
                .flatMap(lane -> lane.heads().stream())
                .limit(most)
                .map(Lane.Head::id)
                .toList();
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
                                push -> queue.heads(HEADS)
                                        .compose(lanes -> {
                                            List<UUID> first = first(lanes, HEADS);
                                            return queue.take(
                                                            first, Instant.now().plusSeconds(30))
                                                    .map(first);
                                        })
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
