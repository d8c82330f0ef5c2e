package dev.stationmaster.bench;

import dev.stationmaster.bench.HttpLoad.Target;
import java.io.IOException;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Goal B5: one durable job a call, 100 calls in flight, on the same PostgreSQL: our POST over HTTP, with all that it
 * checks and writes, beside pg-boss's {@code send} inside its own process, where {@code --node-modules} has it.
 */
final class DurableBench {
    private static final int IN_FLIGHT = 100;
    private static final String OURS = Sampler.name("send", "product over HTTP");

    private final Options options;
    private final Stores stores;
    private final Figures figures;
    private final HttpLoad load;
    private final Sampler sampler;

    DurableBench(Options options, Stores stores, Machine machine, Figures figures) {
        this.options = options;
        this.stores = stores;
        this.figures = figures;
        this.load = new HttpLoad(options, machine, figures, IN_FLIGHT);
        this.sampler = new Sampler(options, stores, machine, figures);
    }

    void run() throws IOException, InterruptedException, SQLException {
        int seconds = options.number("--seconds", 6);
        boolean boss = NodePeers.wanted(options, figures, "pg-boss");
        stores.flushRedis();
        String database = stores.freshDatabase("bench_durable");
        var settings = new LinkedHashMap<String, String>();
        settings.put("DATABASE_URL", database);
        settings.put("REDIS_URL", stores.redisUrl());
        settings.put("STATIONMASTER_JOBS_MAX_RUNNING", "1");
        try (Product product = Product.start(options, List.of("-Xmx512m"), settings)) {
            long agent = product.occupy();
            var target = new Target(
                    OURS, product.pid(), product.url("/api/v1/jobs"), "POST", product.signIn(), Product.jobBody(agent));
            load.warm(target, options.number("--warm", 12));
            for (int i = 0; i < options.runs(); i++) {
                Product.clear(stores, database);
                load.measure(target, seconds);
                if (boss) {
                    send();
                }
            }
        }
        figures.atLeast("B5", OURS + ", requests/s", Sampler.name("send", "pg-boss"), 4);
        figures.note(
                "Durable create: " + load.tool() + " for the product; the server has no call that creates many jobs"
                        + " at once, so graphile-worker's addJobs has no counterpart.");
    }

    private void send() throws IOException, SQLException {
        String count = Integer.toString(Math.max(500, options.number("--jobs", 20_000) / 2));
        sampler.take(
                "pg-boss",
                NodePeers.command(options, "pg-boss", PostgresPeers.PG_BOSS, "send", count),
                Map.of("DATABASE_URL", stores.freshDatabase("bench_pgboss")));
    }
}
