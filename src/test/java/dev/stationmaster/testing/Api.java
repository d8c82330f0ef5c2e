package dev.stationmaster.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;

/** A blocking client of a running server, as one user. */
public final class Api {
    public static final Set<String> FINAL = Set.of("succeeded", "failed", "cancelled");
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /** What came back. */
    public record Answer(int status, String text, HttpResponse<String> response) {
        public JsonObject json() {
            return new JsonObject(text);
        }

        public Answer is(int expected) {
            assertThat(status).as(text).isEqualTo(expected);
            return this;
        }

        public Answer problem(int expected, String code) {
            is(expected);
            assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
            assertThat(json().getString("code")).as(text).isEqualTo(code);
            assertThat(json().getString("detail")).isNotBlank();
            return this;
        }
    }

    private final String base;
    private final String token;

    public Api(int port, String token) {
        this.base = "http://127.0.0.1:" + port;
        this.token = token;
    }

    public static Api signIn(int port, String username, String password) {
        JsonObject tokens = new Api(port, "")
                .post("/auth/login", new JsonObject().put("username", username).put("password", password))
                .is(200)
                .json();
        return new Api(port, tokens.getString("access_token"));
    }

    public Api with(String otherToken) {
        return new Api(URI.create(base).getPort(), otherToken);
    }

    public String token() {
        return token;
    }

    public String base() {
        return base;
    }

    public Answer get(String path) {
        return send("GET", path, null);
    }

    public Answer post(String path, JsonObject body, String... headers) {
        return send("POST", path, body.encode(), headers);
    }

    public Answer post(String path) {
        return send("POST", path, null);
    }

    public Answer put(String path, JsonObject body) {
        return send("PUT", path, body.encode());
    }

    public Answer patch(String path, JsonObject body, String... headers) {
        return send("PATCH", path, body.encode(), headers);
    }

    public Answer delete(String path) {
        return send("DELETE", path, null);
    }

    /** The path is below /api/v1, but for those that name another root with a leading "!". */
    public Answer send(String method, String path, String body, String... headers) {
        String url = path.startsWith("!") ? base + path.substring(1) : base + "/api/v1" + path;
        var request = HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofSeconds(30))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        if (body != null && !Arrays.asList(headers).contains("Content-Type")) {
            request.header("Content-Type", "application/json");
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            HttpResponse<String> response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.body(), response);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Registers an agent that runs a program. */
    public long agent(String... command) {
        return agent(new JsonObject(), command);
    }

    public long agent(JsonObject more, String... command) {
        var body = new JsonObject()
                .put("name", "agent-" + UUID.randomUUID())
                .put("type", "research")
                .put("command", new JsonArray(List.of(command)))
                .put(
                        "resource_requirements",
                        new JsonObject().put("cpu", "100m").put("memory", "512Mi"))
                .mergeIn(more);
        return post("/agents", body).is(201).json().getLong("id");
    }

    /** Registers an agent whose program is one shell script. */
    public long shell(String script) {
        return agent("/bin/sh", "-c", script);
    }

    public String submit(long agentId) {
        return submit(agentId, new JsonObject());
    }

    public String submit(long agentId, JsonObject more) {
        var body = new JsonObject()
                .put("agent_id", agentId)
                .put("name", "test job")
                .mergeIn(more);
        return post("/jobs", body).is(201).json().getString("id");
    }

    public JsonObject job(String id) {
        return get("/jobs/" + id).is(200).json();
    }

    public JsonObject awaitState(String id, String... states) {
        Set<String> wanted = Set.of(states);
        var last = new AtomicReference<>(new JsonObject());
        Awaitility.await("job " + id)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(() -> {
                    last.set(job(id));
                    assertThat(last.get().getString("state"))
                            .as(last.get().encode())
                            .isIn(wanted);
                });
        return last.get();
    }

    public JsonObject awaitEnd(String id) {
        return awaitState(id, FINAL.toArray(new String[0]));
    }

    public JsonArray items(String path) {
        return get(path).is(200).json().getJsonArray("items");
    }

    public String log(String id) {
        return get("/jobs/" + id + "/logs").is(200).text();
    }
}
