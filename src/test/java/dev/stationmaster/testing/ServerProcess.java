package dev.stationmaster.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A server in a process of its own, to be killed or stopped. */
public final class ServerProcess implements AutoCloseable {
    private final Process process;
    private final int port;
    private final Path log;

    private ServerProcess(Process process, int port, Path log) {
        this.process = process;
        this.port = port;
        this.log = log;
    }

    /** Starts {@code serve} on a data folder and waits until it is healthy. */
    public static ServerProcess start(Path dataDir) {
        return start(dataDir, Map.of());
    }

    /** With more environment. */
    public static ServerProcess start(Path dataDir, Map<String, String> environment) {
        int port = freePort();
        var builder = new ProcessBuilder(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.stationmaster.Stationmaster",
                "serve",
                "--port",
                Integer.toString(port),
                "--data",
                dataDir.toString()));
        builder.environment().put("STATIONMASTER_ADMIN_PASSWORD", TestServer.ADMIN_PASSWORD);
        builder.environment().put("STATIONMASTER_JOBS_LEASE_SECONDS", "6");
        builder.environment().putAll(environment);
        Path log = dataDir.resolveSibling(dataDir.getFileName() + ".log");
        builder.redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        try {
            var server = new ServerProcess(builder.start(), port, log);
            server.awaitHealthy();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitHealthy() {
        try {
            Awaitility.await("the server to be healthy")
                    .atMost(Duration.ofSeconds(60))
                    .ignoreExceptions()
                    .until(() -> !process.isAlive() || health(port) == 200);
        } catch (ConditionTimeoutException e) {
            process.destroyForcibly();
            throw new AssertionError("It does not get healthy:\n" + log(), e);
        }
        if (!process.isAlive()) {
            throw new AssertionError("It ended with code " + process.exitValue() + ":\n" + log());
        }
    }

    private static int health(int port) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health"))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    static int freePort() {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Api admin() {
        return Api.signIn(port, "admin", TestServer.ADMIN_PASSWORD);
    }

    /** As {@code kill -9}. */
    public void kill() {
        process.destroyForcibly();
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !process.isAlive());
    }

    /** Sends SIGTERM; returns the exit code. Fails when it takes longer than {@code bound}. */
    public int stop(Duration bound) {
        process.destroy();
        Awaitility.await("the server to end").atMost(bound).until(() -> !process.isAlive());
        return process.exitValue();
    }

    /** What it printed so far, and those before it on the same data folder. */
    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As Ctrl-C. */
    @Override
    public void close() {
        process.destroy();
        Awaitility.await().atMost(Duration.ofSeconds(40)).until(() -> !process.isAlive());
    }
}
