package dev.stationmaster.bench;

import dev.stationmaster.platform.stores.EmbeddedStores;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL and Redis for a benchmark: those of {@code --database-url} and {@code --redis-url}, whose user may make
 * databases and whose Redis is emptied, or embedded ones in a folder of the benchmark's own.
 */
final class Stores implements AutoCloseable {
    private final @Nullable EmbeddedStores embedded;
    private final String databaseUrl;
    private final String redisUrl;

    Stores(Options options) {
        String database = options.text("--database-url", "");
        String redis = options.text("--redis-url", "");
        Path folder = options.work().resolve("stores");
        embedded = EmbeddedStores.start(folder, database.isEmpty(), redis.isEmpty());
        databaseUrl = database.isEmpty() ? embedded.databaseUrl().orElseThrow() : database;
        redisUrl = redis.isEmpty() ? embedded.redisUrl().orElseThrow() : redis;
    }

    String redisUrl() {
        return redisUrl;
    }

    /** Makes an empty database and returns its URL. */
    String freshDatabase(String name) throws SQLException {
        sql(databaseUrl, "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name);
        return databaseUrl.substring(0, databaseUrl.lastIndexOf('/') + 1) + name;
    }

    static void sql(String url, String... statements) throws SQLException {
        try (Connection connection = connect(url);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static String ask(String url, String sql) throws SQLException {
        try (Connection connection = connect(url);
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static Connection connect(String url) throws SQLException {
        URI uri = URI.create(url);
        String[] user = uri.getUserInfo().split(":", 2);
        String jdbc = "jdbc:postgresql://" + uri.getHost() + ":" + uri.getPort() + uri.getPath();
        return DriverManager.getConnection(jdbc, user[0], user.length > 1 ? user[1] : "");
    }

    /** One command of Redis; returns the answer up to the first empty line after {@code lines} lines. */
    String redis(String command, int lines) throws IOException {
        URI uri = URI.create(redisUrl);
        try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            String auth =
                    uri.getUserInfo() == null ? "" : "AUTH " + uri.getUserInfo().replaceFirst("^.*:", "") + "\r\n";
            socket.getOutputStream().write((auth + command + "\r\n").getBytes(StandardCharsets.UTF_8));
            var answer = new StringBuilder();
            for (int i = 0; i < lines + (auth.isEmpty() ? 0 : 1); i++) {
                answer.append(in.readLine()).append('\n');
            }
            return answer.toString();
        }
    }

    void flushRedis() throws IOException {
        redis("FLUSHALL", 1);
    }

    private String redisInfo(String key) throws IOException {
        for (String line : redis("INFO server", 22).split("\n")) {
            if (line.startsWith(key + ":")) {
                return line.substring(key.length() + 1).strip();
            }
        }
        return "?";
    }

    /** The stores' processes, whose CPU time is ours. */
    Set<Long> pids() throws SQLException, IOException {
        try (Connection connection = connect(databaseUrl);
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT pg_backend_pid()")) {
            rows.next();
            return Set.of(Machine.parent(rows.getLong(1)), Long.parseLong(redisInfo("process_id")));
        }
    }

    String versions() throws SQLException, IOException {
        return "PostgreSQL " + ask(databaseUrl, "SHOW server_version") + " (fsync " + ask(databaseUrl, "SHOW fsync")
                + ", synchronous_commit " + ask(databaseUrl, "SHOW synchronous_commit") + ", shared_buffers "
                + ask(databaseUrl, "SHOW shared_buffers") + "), Redis " + redisInfo("redis_version")
                + (embedded.databaseUrl().isPresent() ? ", embedded" : "");
    }

    @Override
    public void close() {
        embedded.close();
    }
}
