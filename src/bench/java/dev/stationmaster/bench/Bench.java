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
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;

/**
 * The benchmarks; prints Markdown. The first argument says which: {@code all}, {@code http}, {@code queue},
 * {@code footprint}, {@code start} or {@code live} ({@link LiveBench}, with its own options). Then options:
 *
 * <ul>
 *   <li>{@code --database-url}, {@code --redis-url}: stores to use, which are changed and emptied; embedded ones if absent
 *   <li>{@code --node-modules DIR}: where fastify, @fastify/jwt, pg, bullmq and ioredis are installed; without it they are left out
 *   <li>{@code --jar FILE}: the packaged server, for {@code footprint}
 *   <li>{@code --runs 3 --seconds 6 --warm 12 --event-loops CORES --product-flags "..." --only product|create --work DIR}
 *   <li>{@code --jobs 20000} of the queue, {@code --starts 50}, {@code --idle 30 --load 14} seconds of footprint
 * </ul>
 */
public final class Bench {
    private Bench() {}

    public static void main(String[] args) throws IOException, InterruptedException, SQLException {
        String what = args.length == 0 ? "all" : args[0];
        tellClassPath();
        if (what.equals("live")) {
            LiveBench.main(Arrays.copyOfRange(args, 1, args.length));
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
            boolean all = what.equals("all");
            if (all || what.equals("http")) {
                new HttpBench(options, stores, machine, figures).run();
            }
            if (all || what.equals("queue")) {
                new QueueBench(options, stores, machine, figures).run();
            }
            if (all || what.equals("start")) {
                new StartLatencyBench(options, stores, machine, figures).run();
            }
            if (all || what.equals("footprint")) {
                new FootprintBench(options, stores, machine, figures).run();
            }
            System.out.println(facts + "\n\n" + figures.markdown());
        }
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
