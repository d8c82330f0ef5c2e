package dev.stationmaster.testing;

import dev.stationmaster.Server;
import dev.stationmaster.ServerInternals;
import dev.stationmaster.Settings;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/** A whole server on embedded stores. One is shared by all tests of the JVM; those that break things start their own. */
public final class TestServer implements AutoCloseable {
    public static final String ADMIN_PASSWORD = "correct horse battery";
    private static TestServer shared;

    private final Path dataDir;
    private final Server server;

    private TestServer(Path dataDir, Map<String, String> more, Clock clock) {
        this.dataDir = dataDir;
        Map<String, String> overrides = new LinkedHashMap<>();
        overrides.put("data_dir", dataDir.toString());
        overrides.put("server.port", "0");
        overrides.put("accounts.admin_password", ADMIN_PASSWORD);
        overrides.put("runners.process_cpu", "8");
        overrides.put("runners.process_gpus", "0");
        overrides.put("jobs.reconcile_seconds", "2");
        overrides.put("jobs.lease_seconds", "6");
        overrides.put("jobs.grace_seconds", "1");
        overrides.put("jobs.retry_first_seconds", "0.2");
        overrides.put("security.login_attempts", "1000");
        overrides.putAll(more);
        server = ServerInternals.start(Settings.read(null, Map.of(), overrides), clock);
    }

    public static synchronized TestServer shared() {
        if (shared == null) {
            TestServer made = start(Map.of());
            Runtime.getRuntime().addShutdownHook(new Thread(made::close));
            shared = made;
        }
        return shared;
    }

    public static TestServer start(Map<String, String> more) {
        return start(more, Clock.system());
    }

    public static TestServer start(Map<String, String> more, Clock clock) {
        return new TestServer(tempDir(), more, clock);
    }

    public static Path tempDir() {
        try {
            return Files.createTempDirectory("stationmaster-test");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return server.port();
    }

    public Path dataDir() {
        return dataDir;
    }

    public Server server() {
        return server;
    }

    public Api admin() {
        return Api.signIn(port(), "admin", ADMIN_PASSWORD);
    }

    /** Signed in as a new user of that role. */
    public Api user(String role) {
        String name = "u" + UUID.randomUUID().toString().substring(0, 12);
        admin().post(
                        "/users",
                        new io.vertx.core.json.JsonObject()
                                .put("username", name)
                                .put("password", ADMIN_PASSWORD)
                                .put("role", role))
                .is(201);
        return Api.signIn(port(), name, ADMIN_PASSWORD);
    }

    public long redisPid() {
        return ServerInternals.stores(server).redisPid();
    }

    public long postgresPid() {
        return ServerInternals.stores(server).postgresPid();
    }

    /** What the gateway has handlers for. */
    public Set<String> operationIds() {
        return ServerInternals.operationIds(server);
    }

    /** As {@code kill -9}. */
    public void kill(long pid) {
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    }

    public void flushRedis() {
        var unused = redis(Request.cmd(Command.FLUSHALL));
    }

    /** Empties a Redis. */
    public static void flush(String url) {
        var unused = redis(url, Request.cmd(Command.FLUSHALL));
    }

    /** Asks the server's Redis beside the server. */
    public Response redis(Request request) {
        return redis(ServerInternals.stores(server).redisUrl().orElseThrow(), request);
    }

    private static Response redis(String url, Request request) {
        Vertx vertx = Vertx.vertx();
        try {
            return Redis.createClient(vertx, url).send(request).await();
        } finally {
            vertx.close().await();
        }
    }

    /** The first number that a statement returns, or how many rows it changed; beside the server. */
    public long sql(String statement) {
        URI url = URI.create(ServerInternals.stores(server).databaseUrl().orElseThrow());
        String[] login = url.getUserInfo().split(":", 2);
        String jdbc = "jdbc:postgresql://" + url.getHost() + ":" + url.getPort() + url.getPath();
        try (var connection = DriverManager.getConnection(jdbc, login[0], login[1]);
                var prepared = connection.createStatement()) {
            if (!prepared.execute(statement)) {
                return prepared.getUpdateCount();
            }
            try (var rows = prepared.getResultSet()) {
                rows.next();
                return rows.getLong(1);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(statement, e);
        }
    }

    @Override
    public void close() {
        server.close();
        deleteTree(dataDir);
    }

    public static void deleteTree(Path root) {
        try (Stream<Path> files = Files.walk(root)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                if (!file.toFile().delete() && Files.exists(file)) {
                    file.toFile().deleteOnExit();
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
