package dev.stationmaster.bench;

import dev.stationmaster.bench.HttpLoad.Target;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Goals A1, A3 and A4: durable create-job and an authenticated GET of the server, of {@link ReferenceServer} and, where
 * {@code --node-modules} names a folder that holds fastify, @fastify/jwt and pg, of Fastify, and of FastAPI where
 * {@link PythonPeer} finds it; on the same stores, taking turns.
 *
 * <p>Between two samples the queued jobs are deleted, as the rows of the others are, so that each begins with an empty
 * queue. What keeps jobs from running: {@link Product#occupy}.
 */
final class HttpBench {
    private static final String CREATE = "create job";
    private static final String GET = "authenticated GET";
    private static final List<String> HEAP = List.of("-Xmx512m");

    private final Options options;
    private final Stores stores;
    private final Figures figures;
    private final HttpLoad load;
    private final int seconds;
    private final int warmSeconds;

    HttpBench(Options options, Stores stores, Machine machine, Figures figures) {
        this.options = options;
        this.stores = stores;
        this.figures = figures;
        this.load = new HttpLoad(options, machine, figures);
        this.seconds = options.number("--seconds", 6);
        this.warmSeconds = options.number("--warm", 12);
    }

    void run() throws IOException, InterruptedException, SQLException {
        String productDatabase = stores.freshDatabase("bench_product");
        String referenceDatabase = stores.freshDatabase("bench_reference");
        Stores.sql(referenceDatabase, ReferenceServer.TABLE);
        stores.flushRedis();
        int loops = options.number("--event-loops", Runtime.getRuntime().availableProcessors());
        var settings = new LinkedHashMap<String, String>();
        settings.put("DATABASE_URL", productDatabase);
        settings.put("REDIS_URL", stores.redisUrl());
        settings.put("STATIONMASTER_JOBS_MAX_RUNNING", "1");
        settings.put("STATIONMASTER_SERVER_EVENT_LOOPS", Integer.toString(loops));
        var flags = new ArrayList<>(HEAP);
        if (!options.text("--product-flags", "").isEmpty()) {
            flags.addAll(List.of(options.text("--product-flags", "").split(" ")));
        }
        Map<String, String> referenceSettings = Map.of(
                "DATABASE_URL",
                referenceDatabase,
                "REDIS_URL",
                stores.redisUrl(),
                "BENCH_SECRET",
                ReferenceServer.SECRET);
        int port = Options.freePort();
        var children = new ArrayList<Child>();
        try (Product product = Product.start(options, flags, settings)) {
            var targets = new ArrayList<Target>();
            targets.addAll(ofProduct(product));
            String only = options.text("--only", "");
            if (only.equals("create")) { // for a profiler
                targets.removeIf(target -> target.method().equals("GET"));
            } else if (!only.equals("product")) {
                Child reference = Child.ready(
                        Child.java(HEAP, ReferenceServer.class, Integer.toString(port), Integer.toString(loops)),
                        referenceSettings,
                        options.log("reference"));
                children.add(reference);
                targets.addAll(others("reference", reference, port));
                if (NodePeers.wanted(options, figures, "fastify", "@fastify/jwt", "pg")) {
                    int nodePort = Options.freePort();
                    Child fastify = Child.ready(
                            NodePeers.command(
                                    options,
                                    "fastify",
                                    NodePeers.FASTIFY,
                                    Integer.toString(nodePort),
                                    Integer.toString(loops)),
                            referenceSettings,
                            options.log("fastify"));
                    children.add(fastify);
                    targets.addAll(others("Fastify", fastify, nodePort));
                }
                Optional<PythonPeer> python = PythonPeer.find(options);
                if (python.isPresent()) {
                    int pythonPort = Options.freePort();
                    Child fastApi = python.get().start(options, pythonPort, loops, referenceSettings);
                    children.add(fastApi);
                    targets.addAll(others("FastAPI", fastApi, pythonPort));
                    figures.note("FastAPI: " + python.get().versions() + ", " + loops + " workers.");
                } else {
                    figures.missing("FastAPI, because there is no " + PythonPeer.WANTED + ".");
                }
            }
            for (Target target : targets) {
                load.warm(target, warmSeconds);
                clear(productDatabase, referenceDatabase);
            }
            for (int i = 0; i < options.runs(); i++) {
                for (Target target : targets) {
                    load.measure(target, seconds);
                    clear(productDatabase, referenceDatabase);
                }
            }
        } finally {
            children.forEach(Child::close);
        }
        goals();
    }

    private static List<Target> ofProduct(Product product) throws IOException, InterruptedException {
        long agent = product.occupy();
        String token = product.signIn();
        return List.of(
                new Target(
                        CREATE + ", product",
                        product.pid(),
                        product.url("/api/v1/jobs"),
                        "POST",
                        token,
                        Product.jobBody(agent)),
                new Target(GET + ", product", product.pid(), product.url("/api/v1/me"), "GET", token, ""));
    }

    private static List<Target> others(String name, Child server, int port) {
        String url = "http://127.0.0.1:" + port;
        String token = ReferenceServer.token();
        return List.of(
                new Target(CREATE + ", " + name, server.pid(), url + "/jobs", "POST", token, ReferenceServer.BODY),
                new Target(GET + ", " + name, server.pid(), url + "/jwt", "GET", token, ""));
    }

    private void clear(String productDatabase, String referenceDatabase) throws SQLException, IOException {
        Stores.sql(referenceDatabase, "TRUNCATE reference_jobs");
        Product.clear(stores, productDatabase);
    }

    private void goals() {
        String product = CREATE + ", product";
        figures.atLeast("A1", product + ", requests/s", CREATE + ", reference, requests/s", 0.7);
        figures.atLeast("A1", product + ", requests/s", CREATE + ", Fastify, requests/s", 3);
        figures.atLeast("A1", product + ", requests/s", CREATE + ", FastAPI, requests/s", 5);
        figures.atLeast("A3", GET + ", product, requests/s", GET + ", reference, requests/s", 0.75);
        figures.atLeast("A3", GET + ", product, requests/s", GET + ", Fastify, requests/s", 1.25);
        figures.atMost("A4", product + ", p99", CREATE + ", reference, p99", 2);
        figures.atMost("A4", product + ", p99", CREATE + ", Fastify, p99", 0.4);
        figures.atMost("A4", product + ", server CPU/request", CREATE + ", Fastify, server CPU/request", 0.35);
        figures.note("HTTP: " + load.tool() + ", " + seconds + " s a sample after " + warmSeconds + " s of warm-up.");
    }
}
