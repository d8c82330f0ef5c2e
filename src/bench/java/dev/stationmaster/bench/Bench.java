package dev.stationmaster.bench;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;

/**
 * The benchmarks; prints Markdown, and how it goes on the error stream. The first argument says which: {@code all},
 * {@code http}, {@code queue}, {@code durable}, {@code start}, {@code kubernetes}, {@code logs}, {@code footprint}, or {@code live} ({@link LiveBench}) and
 * {@code scheduler} ({@link SchedulerBench}), which print tables of their own. What a peer needs and is not there is left out and said. Then options:
 *
 * <ul>
 *   <li>{@code --database-url}, {@code --redis-url}: stores to use, which are changed and emptied; embedded ones if absent
 *   <li>{@code --node-modules DIR}: where fastify, @fastify/jwt, pg, bullmq, ioredis, graphile-worker, pg-boss and ws are
 *   <li>{@code --python PROGRAM}: with fastapi, uvicorn, asyncpg and jwt; {@code python3} if absent
 *   <li>{@code --jar FILE}: the packaged server, for {@code footprint}
 *   <li>{@code --runs 3 --seconds 6 --warm 12 --event-loops CORES --product-flags "..." --only product|create --work DIR}
 *   <li>{@code --jobs 20000} of the queue, {@code --starts 50}, {@code --idle 30 --load 14} seconds of footprint
 *   <li>{@code --pods 100 --pod-seconds 30 --pod-line-seconds 10} of kubernetes
 *   <li>{@code --log-jobs 4 --log-mib 100} of logs
 * </ul>
 */
public final class Bench {
    private Bench() {}

    public static void main(String[] args) throws IOException, InterruptedException, SQLException {
        long begun = System.nanoTime();
        String what = args.length == 0 ? "all" : args[0];
        tellClassPath();
        if (what.equals("live")) {
            LiveBench.main(Arrays.copyOfRange(args, 1, args.length));
            return;
        }
        if (what.equals("scheduler")) {
            SchedulerBench.run(Arrays.copyOfRange(args, 1, args.length));
            return;
        }
        quietLog();
        var options = new Options(args, 1);
        var figures = new Figures();
        System.err.println("Logs and data: " + options.work());
        try (var stores = new Stores(options)) {
            String facts = Machine.facts() + "; " + stores.versions();
            Set<Long> pids = stores.pids();
            var machine = new Machine(pids);
            Map<String, Part> parts = new LinkedHashMap<>();
            parts.put("http", new HttpBench(options, stores, machine, figures)::run);
            parts.put("queue", new QueueBench(options, stores, machine, figures)::run);
            parts.put("durable", new DurableBench(options, stores, machine, figures)::run);
            parts.put("start", new StartLatencyBench(options, stores, machine, figures)::run);
            parts.put("kubernetes", new KubernetesBench(options, stores, machine, figures)::run);
            parts.put("logs", new LogsBench(options, stores, machine, figures)::run);
            parts.put("footprint", new FootprintBench(options, stores, machine, figures)::run);
            if (!what.equals("all") && !parts.containsKey(what)) {
                throw new IllegalArgumentException("There is no " + what + ": all, live, " + parts.keySet());
            }
            for (var part : parts.entrySet()) {
                if (what.equals("all") || what.equals(part.getKey())) {
                    timed(part.getKey(), part.getValue());
                }
            }
            System.out.println(facts + "\n\n" + figures.markdown());
        }
        if (what.equals("all")) {
            timed("live", () -> LiveBench.main(Arrays.copyOfRange(args, 1, args.length)));
        }
        System.err.printf(Locale.ROOT, "In all %s%n", since(begun));
    }

    private interface Part {
        void run() throws IOException, InterruptedException, SQLException;
    }

    private static void timed(String name, Part part) throws IOException, InterruptedException, SQLException {
        long begun = System.nanoTime();
        System.err.println("== " + name);
        part.run();
        System.err.println("== " + name + " took " + since(begun));
    }

    private static String since(long nanos) {
        long seconds = (System.nanoTime() - nanos) / 1_000_000_000;
        return seconds / 60 + " min " + seconds % 60 + " s";
    }

    /** Under Maven the system property names Maven's own class path, and child processes need ours. */
    private static void tellClassPath() {
        if (Bench.class.getClassLoader() instanceof URLClassLoader loader) {
            System.setProperty(
                    "java.class.path",
                    Arrays.stream(loader.getURLs())
                            .map(url -> Path.of(URI.create(url.toString())).toString())
                            .collect(Collectors.joining(File.pathSeparator)));
        }
    }

    static void quietLog() {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
    }
}
