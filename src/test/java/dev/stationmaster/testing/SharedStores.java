package dev.stationmaster.testing;

import dev.stationmaster.platform.db.Migrations;
import dev.stationmaster.platform.stores.EmbeddedStores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * PostgreSQL and Redis of one test run, in a temporary folder. Started when the first test class asks, ended by JUnit
 * after the last. The migrations run once, into a template; copying it takes milliseconds.
 */
final class SharedStores implements AutoCloseable {
    private static final String TEMPLATE = "template_migrated";
    /** Nobody may rely on sessions in UTC. */
    private static final String TIME_ZONE = "Asia/Kolkata";

    private final Path folder;
    private final EmbeddedStores stores;
    private final AtomicInteger databases = new AtomicInteger();

    private SharedStores() {
        try {
            folder = Files.createTempDirectory("stationmaster-tests");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        stores = EmbeddedStores.start(folder, true, true);
        execute("CREATE DATABASE " + TEMPLATE);
        Migrations.run(url(TEMPLATE));
    }

    static SharedStores of(ExtensionContext context) {
        return context.getRoot()
                .getStore(ExtensionContext.Namespace.GLOBAL)
                .getOrComputeIfAbsent(SharedStores.class, type -> new SharedStores(), SharedStores.class);
    }

    String freshDatabase() {
        String name = "test_" + databases.incrementAndGet();
        execute("CREATE DATABASE " + name + " TEMPLATE " + TEMPLATE);
        execute("ALTER DATABASE " + name + " SET timezone = '" + TIME_ZONE + "'");
        return url(name);
    }

    void drop(String url) {
        execute("DROP DATABASE " + URI.create(url).getPath().substring(1) + " WITH (FORCE)");
    }

    /** One logical database for all: test classes run one after the other, and each begins by emptying it. */
    String redisUrl() {
        return stores.redisUrl().orElseThrow();
    }

    private String url(String database) {
        String main = stores.databaseUrl().orElseThrow();
        return main.substring(0, main.lastIndexOf('/') + 1) + database;
    }

    private void execute(String statement) {
        URI url = URI.create(stores.databaseUrl().orElseThrow());
        String[] login = url.getUserInfo().split(":", 2);
        String jdbc = "jdbc:postgresql://" + url.getHost() + ":" + url.getPort() + url.getPath();
        try (var connection = DriverManager.getConnection(jdbc, login[0], login[1]);
                var prepared = connection.createStatement()) {
            prepared.execute(statement);
        } catch (SQLException e) {
            throw new IllegalStateException(statement, e);
        }
    }

    @Override
    public void close() {
        stores.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
