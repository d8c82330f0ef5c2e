package dev.stationmaster.bench;

import dev.stationmaster.Stationmaster;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The server as a child process, and a small client of its API. */
final class Product implements AutoCloseable {
    private static final String PASSWORD = "bench-password-1";
    private static final Duration START = Duration.ofSeconds(90);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final Child child;
    private final int port;
    private final double firstHealthyMs;
    private String token = "";

    private Product(Child child, int port, double firstHealthyMs) {
        this.child = child;
        this.port = port;
        this.firstHealthyMs = firstHealthyMs;
    }

    /** From the class path of this process. */
    static Product start(Options options, List<String> flags, Map<String, String> settings)
            throws IOException, InterruptedException {
        return launch(options, Child.java(flags, Stationmaster.class), settings);
    }

    /** @param java the command up to the arguments of the server */
    static Product launch(Options options, List<String> java, Map<String, String> settings)
            throws IOException, InterruptedException {
        int port = Options.freePort();
        var environment = new LinkedHashMap<>(settings);
        environment.putIfAbsent(
                "STATIONMASTER_DATA", options.work().resolve("product").toString());
        environment.put("STATIONMASTER_ADMIN_PASSWORD", PASSWORD);
        var command = new ArrayList<>(java);
        command.addAll(List.of("serve", "--port", Integer.toString(port)));
        long started = System.nanoTime();
        Child child = Child.start(command, environment, options.log("product"));
        try {
            awaitHealth(child, port, options.log("product"));
        } catch (IOException | InterruptedException e) {
            child.close();
            throw e;
        }
        return new Product(child, port, (System.nanoTime() - started) / 1e6);
    }

    /** Asks every 2 ms until the first 200. */
    static void awaitHealth(Child child, int port, Path log) throws IOException, InterruptedException {
        URI health = URI.create("http://127.0.0.1:" + port + "/health");
        long end = System.nanoTime() + START.toNanos();
        while (System.nanoTime() < end && child.isAlive()) {
            try {
                int status = HTTP.send(HttpRequest.newBuilder(health).build(), HttpResponse.BodyHandlers.discarding())
                        .statusCode();
                if (status == 200) {
                    return;
                }
            } catch (ConnectException notYet) {
                Machine.pause(0.002);
                continue;
            }
            Machine.pause(0.002);
        }
        throw new IOException("The server did not start, see " + log);
    }

    double firstHealthyMs() {
        return firstHealthyMs;
    }

    long pid() {
        return child.pid();
    }

    String url(String path) {
        return "http://127.0.0.1:" + port + path;
    }

    /** A token that is good for the next minutes. */
    String signIn() throws IOException, InterruptedException {
        token = call(
                        "POST",
                        "/api/v1/auth/login",
                        new JsonObject().put("username", "admin").put("password", PASSWORD))
                .getString("access_token");
        return token;
    }

    long agent(JsonObject agent) throws IOException, InterruptedException {
        return call("POST", "/api/v1/agents", agent).getLong("id");
    }

    JsonObject call(String method, String path, JsonObject body) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url(path)))
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body.encode()))
                .header("Content-Type", "application/json");
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        var response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new IOException(method + " " + path + ": " + response.statusCode() + " " + response.body());
        }
        return new JsonObject(response.body());
    }

    JsonObject awaitState(String job, String state) throws IOException, InterruptedException {
        for (int i = 0; i < 3_000; i++) {
            JsonObject found = call("GET", "/api/v1/jobs/" + job, new JsonObject());
            if (state.equals(found.getString("state"))) {
                return found;
            }
            Machine.pause(0.01);
        }
        throw new IOException("Job " + job + " never was " + state);
    }

    /**
     * Keeps what is submitted from running without touching how it is submitted: the server runs one job at a time
     * ({@code STATIONMASTER_JOBS_MAX_RUNNING=1}) and this simulated one takes that place for hours.
     *
     * @return the agent of the jobs to submit
     */
    long occupy() throws IOException, InterruptedException {
        signIn();
        long agent = agent(
                new JsonObject().put("name", "bench").put("type", "simulation").put("runner", "simulation"));
        JsonObject job = call(
                "POST",
                "/api/v1/jobs",
                new JsonObject()
                        .put("agent_id", agent)
                        .put("name", "takes the only place")
                        .put(
                                "hyperparameters",
                                new JsonObject()
                                        .put("epochs", 10_000)
                                        .put("simulation", new JsonObject().put("step_seconds", 3_600))));
        JsonObject running = awaitState(job.getString("id"), "running");
        if (!running.getBoolean("simulated")) {
            throw new IOException("Not simulated: " + running);
        }
        return agent;
    }

    /** A job like the ones people submit; about 200 bytes. */
    static String jobBody(long agent) {
        return new JsonObject()
                .put("agent_id", agent)
                .put("name", "bench job")
                .put("priority", 5)
                .put(
                        "hyperparameters",
                        new JsonObject()
                                .put("learning_rate", 0.001)
                                .put("batch_size", 64)
                                .put("epochs", 50))
                .put(
                        "training_config",
                        new JsonObject().put("dataset", "digits").put("seed", 7))
                .put("labels", new JsonObject().put("team", "bench"))
                .encode();
    }

    /** An empty queue again, as before the first sample; what {@link #occupy} started goes on. */
    static void clear(Stores stores, String database) throws IOException, SQLException {
        Stores.sql(
                database,
                "DELETE FROM jobs WHERE state = 'queued'",
                "TRUNCATE job_events, audit_log",
                "VACUUM jobs",
                "CHECKPOINT");
        stores.flushRedis();
        Machine.pause(1);
    }

    @Override
    public void close() {
        child.close();
    }
}
