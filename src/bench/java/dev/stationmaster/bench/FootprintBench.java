package dev.stationmaster.bench;

import dev.stationmaster.bench.HttpLoad.Target;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Goals F1 and F2: the packaged server ({@code --jar}) with a small heap and the serial collector, with and without a
 * class-data archive: time to the first 200 of /health, memory idle and loaded, beside {@link ReferenceServer} with the
 * same flags; and what the flags cost in throughput.
 */
final class FootprintBench {
    private static final List<String> LEAN = List.of("-XX:+UseSerialGC", "-Xms40m", "-Xmx128m");

    private final Options options;
    private final Stores stores;
    private final Machine machine;
    private final Figures figures;
    private final HttpLoad load;
    private final Path jar;
    private final int idle;
    private final int loaded;

    FootprintBench(Options options, Stores stores, Machine machine, Figures figures) {
        this.options = options;
        this.stores = stores;
        this.machine = machine;
        this.figures = figures;
        this.load = new HttpLoad(options, machine, figures);
        this.jar = Path.of(options.text("--jar", "target/stationmaster.jar")).toAbsolutePath();
        this.idle = options.number("--idle", 30);
        this.loaded = options.number("--load", 14);
    }

    void run() throws IOException, InterruptedException, SQLException {
        if (!Files.exists(jar)) {
            figures.note("Footprint: not measured, there is no " + jar.getFileName() + "; package first.");
            return;
        }
        Path productArchive = options.work().resolve("product.jsa");
        Path referenceArchive = options.work().resolve("reference.jsa");
        try (Product product = product(LEAN, "-XX:ArchiveClassesAtExit=" + productArchive)) {
            product.occupy();
        }
        int port = Options.freePort();
        try (Child reference = reference("-XX:ArchiveClassesAtExit=" + referenceArchive, port, referenceDatabase())) {
            Product.awaitHealth(reference, port, options.log("reference"));
        }
        for (int i = 0; i < options.runs(); i++) {
            machine.quiet();
            Machine.Load before = machine.load();
            try (Product product = product(LEAN, "-Xshare:auto")) {
                double foreign = Machine.foreign(before, machine.load());
                figures.add("first 200, product, serial 128m", "ms", product.firstHealthyMs(), foreign);
            }
            archived(productArchive, referenceArchive);
            try (Product product = product(List.of(), "-Xshare:auto")) {
                loaded(product, "create job, product, default heap");
            }
        }
        embedded();
        goals();
    }

    private void archived(Path productArchive, Path referenceArchive)
            throws IOException, InterruptedException, SQLException {
        int port = Options.freePort();
        String database = referenceDatabase();
        machine.quiet();
        Machine.Load before = machine.load();
        long started = System.nanoTime();
        try (Child reference = reference("-XX:SharedArchiveFile=" + referenceArchive, port, database)) {
            Product.awaitHealth(reference, port, options.log("reference"));
            figures.add(
                    "first 200, reference, serial 128m + CDS",
                    "ms",
                    (System.nanoTime() - started) / 1e6,
                    Machine.foreign(before, machine.load()));
            before = machine.load();
            try (Product product = product(LEAN, "-XX:SharedArchiveFile=" + productArchive)) {
                figures.add(
                        "first 200, product, serial 128m + CDS",
                        "ms",
                        product.firstHealthyMs(),
                        Machine.foreign(before, machine.load()));
                Machine.pause(idle);
                figures.add("RSS idle, product", "MiB", Machine.rssMib(product.pid()), 0);
                figures.add("RSS idle, reference", "MiB", Machine.rssMib(reference.pid()), 0);
                loaded(product, "create job, product, serial 128m + CDS");
                figures.add("RSS loaded, product", "MiB", Machine.rssMib(product.pid()), 0);
            }
            load.warm(
                    new Target(
                            "reference",
                            reference.pid(),
                            "http://127.0.0.1:" + port + "/jobs",
                            "POST",
                            ReferenceServer.token(),
                            ReferenceServer.BODY),
                    loaded);
            figures.add("RSS loaded, reference", "MiB", Machine.rssMib(reference.pid()), 0);
        }
    }

    private void loaded(Product product, String name) throws IOException, InterruptedException {
        long agent = product.occupy();
        var target = new Target(
                name, product.pid(), product.url("/api/v1/jobs"), "POST", product.signIn(), Product.jobBody(agent));
        load.warm(target, loaded / 2.0);
        load.measure(target, loaded / 2.0);
    }

    private void embedded() throws IOException, InterruptedException {
        var settings =
                Map.of("STATIONMASTER_DATA", options.work().resolve("embedded").toString());
        try (Product product = Product.launch(options, command(LEAN, "-Xshare:auto"), settings)) {
            figures.add("first 200, first start with embedded stores", "ms", product.firstHealthyMs(), 0);
            Machine.pause(idle);
            double server = Machine.rssMib(product.pid());
            figures.add("RSS idle, server with embedded stores", "MiB", server, 0);
            figures.add("PSS idle, server and embedded stores", "MiB", Machine.treePssMib(product.pid()), 0);
        }
    }

    private List<String> command(List<String> flags, String flag) {
        var command = new ArrayList<String>();
        command.add(Child.javaProgram());
        command.addAll(flags);
        command.addAll(List.of(flag, "-jar", jar.toString()));
        return command;
    }

    private Product product(List<String> flags, String flag) throws IOException, InterruptedException, SQLException {
        stores.flushRedis();
        var settings = new LinkedHashMap<String, String>();
        settings.put("DATABASE_URL", stores.freshDatabase("bench_footprint"));
        settings.put("REDIS_URL", stores.redisUrl());
        settings.put("STATIONMASTER_JOBS_MAX_RUNNING", "1");
        // the schema first, because a start that makes it is rare
        Child.run(migrate(), settings, options.log("migrate"));
        return Product.launch(options, command(flags, flag), settings);
    }

    private List<String> migrate() {
        return List.of(Child.javaProgram(), "-jar", jar.toString(), "migrate");
    }

    private String referenceDatabase() throws SQLException {
        String database = stores.freshDatabase("bench_reference");
        Stores.sql(database, ReferenceServer.TABLE);
        return database;
    }

    private Child reference(String flag, int port, String database) throws IOException {
        var command = new ArrayList<>(Child.java(
                List.of("-XX:+UseSerialGC", "-Xms40m", "-Xmx128m", flag),
                ReferenceServer.class,
                Integer.toString(port),
                Integer.toString(Runtime.getRuntime().availableProcessors())));
        // an archive wants jars only, and the packaged server holds every library
        command.set(command.indexOf("-cp") + 1, referenceJar() + File.pathSeparator + jar);
        return Child.ready(
                command, Map.of("DATABASE_URL", database, "REDIS_URL", stores.redisUrl()), options.log("reference"));
    }

    /** The benchmark's classes as a jar. */
    private Path referenceJar() throws IOException {
        Path file = options.work().resolve("bench.jar");
        if (Files.exists(file)) {
            return file;
        }
        String folder = ReferenceServer.class.getPackageName().replace('.', '/');
        Path classes;
        try {
            classes = Path.of(ReferenceServer.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (java.net.URISyntaxException e) {
            throw new IOException(e);
        }
        try (var out = new java.util.jar.JarOutputStream(Files.newOutputStream(file));
                var found = Files.newDirectoryStream(classes.resolve(folder), "*.class")) {
            for (Path c : found) {
                out.putNextEntry(new java.util.zip.ZipEntry(folder + "/" + c.getFileName()));
                Files.copy(c, out);
                out.closeEntry();
            }
        }
        return file;
    }

    private void goals() {
        String cds = ", serial 128m + CDS";
        figures.atMost("F1", "first 200, product" + cds, "first 200, reference" + cds, 1.4);
        figures.atMost("F1", "RSS idle, product", "RSS idle, reference", 1.4);
        figures.atMost("F1", "RSS loaded, product", "RSS loaded, reference", 1.3);
        figures.atLeast(
                "F2",
                "create job, product" + cds + ", requests/s",
                "create job, product, default heap, requests/s",
                0.95);
        figures.note("Footprint: idle after " + idle + " s; loaded after " + loaded
                + " s of create-job. The peers' sum of F1 (Fastify, BullMQ worker, Portkey) is not measured here.");
    }
}
