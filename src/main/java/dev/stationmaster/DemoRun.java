package dev.stationmaster;

import ch.qos.logback.classic.Level;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** The demo, as a client of the server's own API: registers the examples, trains one, shows how it goes. */
final class DemoRun {
    private static final Set<String> FINAL = Set.of("succeeded", "failed", "cancelled");
    private static final int BAR = 30;
    private static final long POLL_MS = 200;

    private final Server server;
    private final Settings settings;
    private final PrintStream out;
    private final HttpClient http = HttpClient.newHttpClient();
    private final String token;
    private final boolean terminal = isTerminal();

    DemoRun(Server server, Settings settings, PrintStream out) {
        this.server = server;
        this.settings = settings;
        this.out = out;
        this.token = server.tokenFor("admin", Duration.ofHours(12));
    }

    /** The progress bar needs the screen for itself; warnings still show. */
    static void quietLog() {
        if (LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof ch.qos.logback.classic.Logger root) {
            root.setLevel(Level.WARN);
        }
    }

    /** On a file or a pipe each change gets a line of its own. From JDK 22 on the console says more than null. */
    @SuppressWarnings("SystemConsoleNull")
    private static boolean isTerminal() {
        return System.console() != null && System.getenv("CI") == null;
    }

    /** Whether the example succeeded. */
    boolean run() throws IOException, InterruptedException {
        out.println("Stationmaster answers at " + server.url());
        Path examples = ExampleFiles.unpack(settings.dataDir().toAbsolutePath().normalize());
        long digits = agent(examples.resolve("digits"));
        long campaign = agent(examples.resolve("campaign"));
        out.println("Agents: digits (" + digits + "), campaign (" + campaign + ", simulated)");
        JsonObject job = submit(examples.resolve("digits"), digits);
        out.println("Job " + job.getString("id") + " trains a neural network on 1,797 handwritten digits.");
        JsonObject end = watch(job.getString("id"));
        report(end);
        return "succeeded".equals(end.getString("state"));
    }

    /** Registers the agent, or takes the one that an earlier demo registered. */
    private long agent(Path folder) throws IOException, InterruptedException {
        var body = new JsonObject(Files.readString(folder.resolve("agent.json"))).put("working_dir", folder.toString());
        JsonObject known = call("GET", "/agents?name=" + body.getString("name"), null);
        if (!known.getJsonArray("items").isEmpty()) {
            return known.getJsonArray("items").getJsonObject(0).getLong("id");
        }
        return call("POST", "/agents", body).getLong("id");
    }

    private JsonObject submit(Path folder, long agentId) throws IOException, InterruptedException {
        var body = new JsonObject(Files.readString(folder.resolve("job.json"))).put("agent_id", agentId);
        return call("POST", "/jobs", body);
    }

    private JsonObject watch(String id) throws IOException, InterruptedException {
        String last = "";
        while (true) {
            JsonObject job = call("GET", "/jobs/" + id, null);
            String line = line(job);
            if (terminal) {
                out.print("\r" + line);
                out.flush();
            } else if (!line.equals(last)) {
                out.println(line);
            }
            last = line;
            if (FINAL.contains(job.getString("state"))) {
                if (terminal) {
                    out.println();
                }
                return job;
            }
            Thread.sleep(POLL_MS);
        }
    }

    private static String line(JsonObject job) {
        JsonObject progress = job.getJsonObject("progress");
        Double fraction = progress.getDouble("fraction");
        int full = fraction == null ? 0 : (int) Math.round(fraction * BAR);
        String bar = "#".repeat(full) + "-".repeat(BAR - full);
        JsonObject metrics = job.getJsonObject("metrics");
        return String.format(
                Locale.ROOT,
                "[%s] %3d %%  %-9s  loss %s  accuracy %s  cost $%s",
                bar,
                fraction == null ? 0 : Math.round(fraction * 100),
                job.getString("state"),
                number(metrics, "loss", "test_loss"),
                number(metrics, "test_accuracy", "accuracy"),
                String.format(Locale.ROOT, "%.6f", job.getDouble("cost")));
    }

    private static String number(JsonObject metrics, String name, String other) {
        Double value = metrics.getDouble(name, metrics.getDouble(other));
        return value == null ? "   -  " : String.format(Locale.ROOT, "%.4f", value);
    }

    private void report(JsonObject job) {
        JsonObject metrics = job.getJsonObject("metrics");
        out.println();
        out.println(
                "succeeded".equals(job.getString("state"))
                        ? "Result: " + number(metrics, "test_accuracy", "accuracy")
                                + " accuracy on digits it never saw, cost $"
                                + String.format(Locale.ROOT, "%.6f", job.getDouble("cost"))
                        : "The job " + job.getString("state") + ": " + job.getString("message"));
        out.println("Dashboard: " + server.url() + "/#/jobs/" + job.getString("id"));
        out.println("Sign in:   admin / " + password());
        out.println("API docs:  " + server.url() + "/api/docs");
    }

    private String password() {
        if (settings.accounts().adminPassword().isPresent()) {
            return "(the password you set)";
        }
        try {
            return Files.readString(settings.dataDir().resolve("initial-admin-password"))
                    .strip();
        } catch (IOException e) {
            return "(the password you set)";
        }
    }

    private JsonObject call(String method, String path, @Nullable JsonObject body)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/api/v1" + path))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body.encode()))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        var answer = new JsonObject(response.body());
        if (response.statusCode() >= 400) {
            throw new IOException(method + " " + path + ": " + answer.getString("detail"));
        }
        return answer;
    }
}
