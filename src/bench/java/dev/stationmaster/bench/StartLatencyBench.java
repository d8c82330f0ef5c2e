package dev.stationmaster.bench;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * How long an idle server needs from the acceptance of a job ({@code created_at}) to its program's start
 * ({@code started_at}), and to its result as a client sees it: jobs that run {@code /bin/true}, one at a time.
 */
final class StartLatencyBench {
    private static final int WARM = 15;

    private final Options options;
    private final Stores stores;
    private final Machine machine;
    private final Figures figures;

    StartLatencyBench(Options options, Stores stores, Machine machine, Figures figures) {
        this.options = options;
        this.stores = stores;
        this.machine = machine;
        this.figures = figures;
    }

    void run() throws IOException, InterruptedException, SQLException {
        int count = options.number("--starts", 50);
        stores.flushRedis();
        var settings = Map.of("DATABASE_URL", stores.freshDatabase("bench_start"), "REDIS_URL", stores.redisUrl());
        try (Product product = Product.start(options, List.of("-Xmx512m"), settings)) {
            product.signIn();
            long agent = product.agent(new JsonObject()
                    .put("name", "starts")
                    .put("type", "research")
                    .put("runner", "process")
                    .put("command", new JsonArray().add("/bin/true")));
            for (int i = 0; i < WARM; i++) {
                one(product, agent);
            }
            for (int run = 0; run < options.runs(); run++) {
                sample(product, agent, count);
            }
        }
        figures.note("Start: " + count + " jobs a sample, one at a time, after " + WARM + " uncounted ones.");
    }

    private void sample(Product product, long agent, int count) throws IOException, InterruptedException {
        machine.quiet();
        Machine.Load before = machine.load();
        var delays = new Histogram(60_000_000L, 3);
        for (int i = 0; i < count; i++) {
            delays.recordValue(Math.max(1, one(product, agent).toNanos() / 1_000));
        }
        double foreign = Machine.foreign(before, machine.load());
        figures.add("submit to start of a process, p50", "ms", delays.getValueAtPercentile(50) / 1e3, foreign);
        figures.add("submit to start of a process, p99", "ms", delays.getValueAtPercentile(99) / 1e3, foreign);
    }

    private static Duration one(Product product, long agent) throws IOException, InterruptedException {
        JsonObject job = product.call(
                "POST", "/api/v1/jobs", new JsonObject().put("agent_id", agent).put("name", "true"));
        JsonObject done = product.awaitState(job.getString("id"), "succeeded");
        return Duration.between(
                OffsetDateTime.parse(done.getString("created_at")), OffsetDateTime.parse(done.getString("started_at")));
    }
}
