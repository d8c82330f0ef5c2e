package dev.stationmaster.platform.stores;

import dev.stationmaster.platform.process.Waits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What the tests of this package share. */
final class StoresKit {
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private StoresKit() {}

    static Connection connect(String databaseUrl) throws SQLException {
        URI url = URI.create(databaseUrl);
        String[] login = url.getUserInfo().split(":", 2);
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + url.getPort() + url.getPath(), login[0], login[1]);
    }

    /** The first column of the first row as text; "" when the statement returns no rows. */
    static String sql(String databaseUrl, String statement) throws SQLException {
        try (var connection = connect(databaseUrl);
                var prepared = connection.prepareStatement(statement)) {
            if (!prepared.execute()) {
                return "";
            }
            var rows = prepared.getResultSet();
            return rows.next() ? String.valueOf(rows.getString(1)) : "";
        }
    }

    static String redis(String redisUrl, String command) throws IOException {
        URI url = URI.create(redisUrl);
        return RedisProbe.ask(url.getPort(), url.getUserInfo().substring(1), command);
    }

    /** Waits until the store answers again after a crash. */
    static boolean eventually(Answer answer) {
        return Waits.until(
                () -> {
                    try {
                        return answer.asExpected();
                    } catch (IOException | SQLException e) {
                        return false;
                    }
                },
                PATIENCE);
    }

    static Server startServer(Path dataDir, String classPath, List<String> prefix, String... more) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath,
                StoresMain.class.getName(),
                dataDir.toString()));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command)
                .directory(Path.of("/").toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line;
        while ((line = out.readLine()) != null) {
            if (line.startsWith("READY ")) {
                String[] words = line.split(" ", -1);
                return new Server(process, words[1], words[2], Long.parseLong(words[3]), Long.parseLong(words[4]));
            }
        }
        throw new IOException("the server ended before its stores were ready");
    }

    record Server(Process process, String databaseUrl, String redisUrl, long postgresPid, long redisPid) {}

    interface Answer {
        boolean asExpected() throws IOException, SQLException;
    }
}
