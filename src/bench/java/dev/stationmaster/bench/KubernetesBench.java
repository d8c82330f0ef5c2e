package dev.stationmaster.bench;

import dev.stationmaster.testing.kubernetes.FakeCluster;
import dev.stationmaster.testing.kubernetes.FakePod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * What it costs a server to watch over pods that run: its CPU time, of the server's process alone, with {@code --pods 100} on a
 * cluster in this process, where each writes a line every {@code --pod-line-seconds 10}; and the same server with none. Goal: under 5 % of
 * one core.
 */
final class KubernetesBench {
    private static final double WANTED_PERCENT = 5;

    private final Options options;
    private final Stores stores;
    private final Machine machine;
    private final Figures figures;
    private final int pods;
    private final int seconds;
    private final int lineSeconds;

    KubernetesBench(Options options, Stores stores, Machine machine, Figures figures) {
        this.options = options;
        this.stores = stores;
        this.machine = machine;
        this.figures = figures;
        this.pods = options.number("--pods", 100);
        this.seconds = options.number("--pod-seconds", 30);
        this.lineSeconds = options.number("--pod-line-seconds", 10);
    }

    void run() throws IOException, InterruptedException, SQLException {
        stores.flushRedis();
        var settings = new LinkedHashMap<String, String>();
        settings.put("DATABASE_URL", stores.freshDatabase("bench_kubernetes"));
        settings.put("REDIS_URL", stores.redisUrl());
        settings.put("STATIONMASTER_JOBS_MAX_RUNNING", Integer.toString(pods));
        settings.put("STATIONMASTER_RUNNERS_KUBERNETES_ENABLED", "true");
        try (var cluster = new FakeCluster()) {
            settings.put(
                    "STATIONMASTER_RUNNERS_KUBERNETES_KUBECONFIG",
                    cluster.kubeconfig(options.work()).toString());
            try (Product product = Product.start(options, List.of("-Xmx512m"), settings)) {
                product.signIn();
                Machine.pause(seconds); // what a start leaves to do, the compiler above all
                measure(product, "CPU of the server, no pods", List.of());
                List<FakePod> running = start(product, cluster);
                steady(running, seconds);
                for (int run = 0; run < options.runs(); run++) {
                    measure(product, "CPU of the server, " + pods + " pods", running);
                }
            }
        }
        double seen = figures.median("CPU of the server, " + pods + " pods");
        figures.note("Kubernetes: " + pods + " pods, a line each every " + lineSeconds + " s; the server used "
                + Math.round(seen * 10) / 10.0 + " % of one core, wanted below " + WANTED_PERCENT + " %: "
                + (seen < WANTED_PERCENT ? "met" : "not met") + ".");
    }

    private List<FakePod> start(Product product, FakeCluster cluster) throws IOException, InterruptedException {
        long agent = product.agent(new JsonObject()
                .put("name", "pods")
                .put("type", "research")
                .put("runner", "kubernetes")
                .put("docker_image", "example.org/steady:1")
                .put("command", new JsonArray().add("steady"))
                .put("resource_requirements", new JsonObject().put("cpu", "50m").put("memory", "64Mi")));
        var ids = new ArrayList<String>();
        for (int i = 0; i < pods; i++) {
            ids.add(product.call(
                            "POST",
                            "/api/v1/jobs",
                            new JsonObject().put("agent_id", agent).put("name", "steady"))
                    .getString("id"));
        }
        var running = new ArrayList<FakePod>();
        ids.forEach(id -> running.add(cluster.podOf(id).runs()));
        for (String id : ids) {
            product.awaitState(id, "running");
        }
        return running;
    }

    private void measure(Product product, String name, List<FakePod> running) throws IOException {
        machine.quiet();
        Machine.Load before = machine.load();
        long ticks = Machine.ticks(product.pid());
        long begun = System.nanoTime();
        steady(running, seconds);
        double micros = (Machine.ticks(product.pid()) - ticks) * Machine.MICROS_A_TICK;
        double percent = 100 * micros * 1_000 / (System.nanoTime() - begun);
        figures.add(name, "% of a core", percent, Machine.foreign(before, machine.load()));
    }

    /** Lines spread over the time, as of programs that know nothing of each other. */
    private void steady(List<FakePod> running, int forSeconds) {
        int steps = forSeconds * 10;
        for (int step = 0; step < steps; step++) {
            for (int i = 0; i < running.size(); i++) {
                if ((step + i) % (lineSeconds * 10) == 0) {
                    running.get(i).says("step " + step + " loss 0.25");
                }
            }
            Machine.pause(0.1);
        }
    }
}
