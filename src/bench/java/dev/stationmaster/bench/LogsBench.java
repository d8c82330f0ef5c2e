package dev.stationmaster.bench;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * Programs that write as fast as they can: {@code --log-jobs 4} of them, {@code --log-mib 100} each, through the server into
 * PostgreSQL. How much is stored in a second, and the server's greatest memory meanwhile, of a heap of
 * {@value #HEAP_MIB} MiB: what is not stored yet holds the programs up instead of filling memory. Goal: 50 MB/s.
 */
final class LogsBench {
    private static final int HEAP_MIB = 256;
    private static final double WANTED_MB = 50;
    private static final String LINE = "x".repeat(119);

    private final Options options;
    private final Stores stores;
    private final Machine machine;
    private final Figures figures;
    private final int jobs;
    private final int mib;

    LogsBench(Options options, Stores stores, Machine machine, Figures figures) {
        this.options = options;
        this.stores = stores;
        this.machine = machine;
        this.figures = figures;
        this.jobs = options.number("--log-jobs", 4);
        this.mib = options.number("--log-mib", 100);
    }

    void run() throws IOException, InterruptedException, SQLException {
        stores.flushRedis();
        var settings = new LinkedHashMap<String, String>();
        settings.put("DATABASE_URL", stores.freshDatabase("bench_logs"));
        settings.put("REDIS_URL", stores.redisUrl());
        settings.put("STATIONMASTER_JOBS_MAX_LOG_BYTES", "100Gi");
        settings.put("STATIONMASTER_RUNNERS_PROCESS_CPU", Integer.toString(jobs));
        try (Product product = Product.start(options, List.of("-Xmx" + HEAP_MIB + "m"), settings)) {
            product.signIn();
            write(product, agent(product, 10), 1); // what a start leaves to do
            long agent = agent(product, mib);
            for (int run = 0; run < options.runs(); run++) {
                measure(product, agent);
            }
        }
        double seen = figures.median("Log stored");
        figures.note("Logs: " + jobs + " programs wrote " + mib + " MiB each as fast as they could; " + Math.round(seen)
                + " MB/s were stored, wanted " + Math.round(WANTED_MB) + ": " + (seen >= WANTED_MB ? "met" : "not met")
                + ". Memory is bounded by a heap of " + HEAP_MIB + " MiB.");
    }

    private static long agent(Product product, int mib) throws IOException, InterruptedException {
        String program = "yes " + LINE + " | head -c " + ((long) mib << 20);
        return product.agent(new JsonObject()
                .put("name", "talkative-" + mib)
                .put("type", "research")
                .put("command", new JsonArray(List.of("/bin/sh", "-c", program)))
                .put(
                        "resource_requirements",
                        new JsonObject().put("cpu", "250m").put("memory", "64Mi")));
    }

    private void measure(Product product, long agent) throws IOException, InterruptedException {
        machine.quiet();
        Machine.Load before = machine.load();
        long begun = System.nanoTime();
        double peak = write(product, agent, jobs);
        double seconds = (System.nanoTime() - begun) / 1e9;
        double foreign = Machine.foreign(before, machine.load());
        figures.add("Log stored", "MB/s", jobs * mib * 1.048576 / seconds, foreign);
        figures.add("Memory of the server meanwhile", "MiB", peak, foreign);
    }

    /** Until all is stored; the greatest resident memory of the server. */
    private static double write(Product product, long agent, int jobs) throws IOException, InterruptedException {
        var ids = new ArrayList<String>();
        for (int i = 0; i < jobs; i++) {
            ids.add(product.call(
                            "POST",
                            "/api/v1/jobs",
                            new JsonObject().put("agent_id", agent).put("name", "talk"))
                    .getString("id"));
        }
        double peak = 0;
        for (String id : ids) {
            String state = "";
            while (!"succeeded".equals(state)) {
                Machine.pause(0.1);
                peak = Math.max(peak, Machine.rssMib(product.pid()));
                state = product.call("GET", "/api/v1/jobs/" + id, new JsonObject())
                        .getString("state");
                if ("failed".equals(state)) {
                    throw new IOException("Job " + id + " failed");
                }
            }
        }
        return peak;
    }
}
