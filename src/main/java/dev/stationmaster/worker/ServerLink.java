package dev.stationmaster.worker;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.AsyncFile;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.client.WebClientOptions;
import io.vertx.ext.web.codec.BodyCodec;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** Calls to the server, always outbound. Does not try again: who calls knows whether that helps. */
final class ServerLink {
    private static final int CONNECT_MS = 5_000;
    private static final Duration CALL = Duration.ofSeconds(30);
    private static final int CONNECTIONS = 16;

    private final Vertx vertx;
    private final WebClient client;
    private final String base;
    private final String token;

    ServerLink(Vertx vertx, WorkerSettings settings) {
        this.vertx = vertx;
        var options = new WebClientOptions()
                .setConnectTimeout(CONNECT_MS)
                .setFollowRedirects(false)
                .setUserAgent("stationmaster-worker");
        settings.caFile()
                .ifPresent(file -> options.setTrustOptions(new PemTrustOptions().addCertPath(file.toString())));
        this.client =
                WebClient.create(vertx, options, new io.vertx.core.http.PoolOptions().setHttp1MaxSize(CONNECTIONS));
        String url = settings.server().toString();
        this.base = (url.endsWith("/") ? url.substring(0, url.length() - 1) : url) + "/api/v1";
        this.token = settings.token().reveal();
    }

    /** Fails with {@link ServerProblem} when the server refuses, else with what the connection broke of. */
    Future<JsonObject> post(String path, JsonObject body) {
        return post(path, body, CALL);
    }

    Future<JsonObject> post(String path, JsonObject body, Duration limit) {
        return call(HttpMethod.POST, path)
                .timeout(limit.toMillis())
                .sendJsonObject(body)
                .map(ServerLink::answer);
    }

    Future<JsonObject> get(String path) {
        return call(HttpMethod.GET, path).timeout(CALL.toMillis()).send().map(ServerLink::answer);
    }

    Future<JsonObject> delete(String path) {
        return call(HttpMethod.DELETE, path).timeout(CALL.toMillis()).send().map(ServerLink::answer);
    }

    Future<JsonObject> put(String path, Buffer bytes) {
        return call(HttpMethod.PUT, path)
                .timeout(CALL.toMillis())
                .putHeader("Content-Type", "application/octet-stream")
                .sendBuffer(bytes)
                .map(ServerLink::answer);
    }

    /** Into a file that is made anew, without holding it in memory. */
    Future<Void> download(String path, Path file) {
        return vertx.fileSystem()
                .open(file.toString(), new OpenOptions().setWrite(true).setTruncateExisting(true))
                .compose(open -> into(path, open).eventually(open::close));
    }

    private Future<Void> into(String path, AsyncFile file) {
        return call(HttpMethod.GET, path).as(BodyCodec.pipe(file, false)).send().map(response -> {
            if (response.statusCode() != 200) {
                throw new ServerProblem(response.statusCode(), "download", "The server does not hand out " + path);
            }
            return null;
        });
    }

    private HttpRequest<Buffer> call(HttpMethod method, String path) {
        return client.requestAbs(method, base + path).bearerTokenAuthentication(token);
    }

    private static JsonObject answer(HttpResponse<Buffer> response) {
        int status = response.statusCode();
        if (status == 204) {
            return new JsonObject();
        }
        JsonObject body;
        try {
            body = response.bodyAsJsonObject();
        } catch (DecodeException | ClassCastException e) { // something else than a server of ours answers
            throw new ServerProblem(
                    status < 300 ? 502 : status, "not_ours", "Not an answer of Stationmaster: " + status);
        }
        JsonObject read = body == null ? new JsonObject() : body;
        if (status >= 300) {
            throw new ServerProblem(status, read.getString("code", ""), read.getString("detail", "status " + status));
        }
        return read;
    }

    /** A name as one part of a path. */
    static String part(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    void close() {
        client.close();
    }
}
