package dev.stationmaster.testing.kubernetes;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The API server's HTTP side: paths, verbs, selectors, streams. */
final class FakeClusterHttp {
    private static final long BOOKMARK_MS = 500;

    private final FakeCluster cluster;
    private final ObjectStore store;
    private HttpServer server;
    private ExecutorService threads;
    private int port;

    FakeClusterHttp(FakeCluster cluster) {
        this.cluster = cluster;
        this.store = cluster.store;
    }

    int port() {
        return port;
    }

    void start(int wanted) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted), 1_000);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads = Executors.newCachedThreadPool(work -> {
            var thread = new Thread(work, "fake-cluster");
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
        port = server.getAddress().getPort();
    }

    void stop() {
        threads.shutdownNow(); // ends streams
        server.stop(0);
    }

    private void handle(HttpExchange exchange) {
        try (exchange) {
            String[] path = exchange.getRequestURI().getPath().split("/");
            int at = Arrays.asList(path).indexOf("namespaces");
            String kind = at < 0 ? path[path.length - 1] : path[at + 2];
            String name = at >= 0 && path.length > at + 3 ? path[at + 3] : null;
            if (kind.equals("pods") && path.length > at + 4) {
                log(exchange, name);
                return;
            }
            if (cluster.isForbidden(kind)) {
                refuse(exchange, 403, "Forbidden", kind + " is forbidden");
                return;
            }
            answer(exchange, kind, name);
        } catch (IOException | InterruptedException e) {
            exchange.close();
        }
    }

    private void answer(HttpExchange exchange, String kind, String name) throws IOException, InterruptedException {
        Map<String, String> query = query(exchange);
        String method = exchange.getRequestMethod();
        if (method.equals("GET") && name == null) {
            boolean watch = "true".equals(query.get("watch"));
            cluster.using(watch ? "watch" : "list", kind);
            if (watch) {
                watch(exchange, kind, query);
            } else {
                list(exchange, kind, query);
            }
            return;
        }
        JsonObject body = body(exchange);
        switch (method) {
            case "GET" -> cluster.using("get", kind);
            case "POST" -> {
                cluster.using("create", kind);
                create(exchange, kind, body);
                return;
            }
            case "PATCH" -> {
                cluster.using("patch", kind);
                store.change(kind, name, object -> merge(object, body));
                if (kind.equals("jobs")) {
                    cluster.control(name);
                }
            }
            default -> {
                cluster.using("delete", kind);
                delete(exchange, kind, name, body);
                return;
            }
        }
        var found = store.get(kind, name);
        if (found.isEmpty()) {
            refuse(exchange, 404, "NotFound", kind + " \"" + name + "\" not found");
        } else {
            send(exchange, 200, typed(kind, found.get()));
        }
    }

    private void list(HttpExchange exchange, String kind, Map<String, String> query) throws IOException {
        var items = new JsonArray();
        String version = Long.toString(store.version());
        store.list(kind).stream().filter(o -> matches(o, query)).forEach(o -> items.add(typed(kind, o)));
        send(
                exchange,
                200,
                new JsonObject()
                        .put("kind", type(kind) + "List")
                        .put("apiVersion", apiVersion(kind))
                        .put("metadata", new JsonObject().put("resourceVersion", version))
                        .put("items", items));
    }

    private void create(HttpExchange exchange, String kind, JsonObject body) throws IOException {
        body.getJsonObject("metadata").put("namespace", FakeCluster.NAMESPACE);
        if (kind.equals("jobs")) {
            body.put("status", new JsonObject());
        }
        JsonObject plain = (JsonObject) body.remove("stringData");
        if (plain != null) {
            var data = new JsonObject();
            plain.forEach(e -> data.put(
                    e.getKey(),
                    Base64.getEncoder().encodeToString(e.getValue().toString().getBytes(StandardCharsets.UTF_8))));
            body.put("data", data);
        }
        var made = store.create(kind, body);
        if (made.isEmpty()) {
            refuse(exchange, 409, "AlreadyExists", "already exists");
            return;
        }
        if (kind.equals("jobs")) {
            cluster.control(made.get().getJsonObject("metadata").getString("name"));
        }
        send(exchange, 201, typed(kind, made.get()));
    }

    private void delete(HttpExchange exchange, String kind, String name, JsonObject options) throws IOException {
        var there = store.get(kind, name);
        if (there.isEmpty()) {
            refuse(exchange, 404, "NotFound", kind + " \"" + name + "\" not found");
            return;
        }
        if (kind.equals("pods")) {
            cluster.deletePod(name, options.getLong("gracePeriodSeconds", 30L));
        } else {
            cluster.deleteJob(name);
        }
        send(
                exchange,
                200,
                new JsonObject().put("kind", "Status").put("apiVersion", "v1").put("status", "Success"));
    }

    private void watch(HttpExchange exchange, String kind, Map<String, String> query)
            throws IOException, InterruptedException {
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        long from = Long.parseLong(query.getOrDefault("resourceVersion", "0"));
        while (!Thread.currentThread().isInterrupted()) {
            if (store.isForgotten(from)) {
                event(out, "ERROR", status(410, "Expired", "too old resource version"));
                return;
            }
            List<ObjectStore.Change> changes = store.after(kind, from, BOOKMARK_MS);
            for (ObjectStore.Change change : changes) {
                from = change.version();
                tell(out, kind, change, query);
            }
            if (changes.isEmpty() && !store.isForgotten(from) && "true".equals(query.get("allowWatchBookmarks"))) {
                event(
                        out,
                        "BOOKMARK",
                        typed(
                                kind,
                                new JsonObject()
                                        .put("metadata", new JsonObject().put("resourceVersion", Long.toString(from)))
                                        .put("spec", new JsonObject())));
            }
        }
    }

    private static void tell(OutputStream out, String kind, ObjectStore.Change change, Map<String, String> query)
            throws IOException {
        boolean before = change.before() != null && matches(change.before(), query);
        boolean after = change.after() != null && matches(change.after(), query);
        if (after) {
            event(out, before ? "MODIFIED" : "ADDED", typed(kind, change.after()));
        } else if (before) {
            event(out, "DELETED", typed(kind, change.after() == null ? change.before() : change.after()));
        }
    }

    private static void event(OutputStream out, String type, JsonObject object) throws IOException {
        byte[] line = (new JsonObject().put("type", type).put("object", object).encode() + "\n")
                .getBytes(StandardCharsets.UTF_8);
        out.write(line);
        out.flush();
    }

    private void log(HttpExchange exchange, String name) throws IOException, InterruptedException {
        cluster.using("get", "pods/log");
        Map<String, String> query = query(exchange);
        FakePod pod = cluster.pod(name);
        if (pod == null || pod.isGone()) {
            refuse(exchange, 404, "NotFound", "pods \"" + name + "\" not found");
            return;
        }
        if (!pod.hasStarted()) {
            refuse(exchange, 400, "BadRequest", "container \"program\" is waiting to start");
            return;
        }
        boolean follow = "true".equals(query.get("follow"));
        Instant since = query.containsKey("sinceTime") ? Instant.parse(query.get("sinceTime")) : Instant.EPOCH;
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        int read = 0;
        while (!Thread.currentThread().isInterrupted()) {
            boolean over = pod.isLogOver() || !follow;
            List<FakePod.Line> lines = pod.linesFrom(read, over ? 1 : BOOKMARK_MS);
            read += lines.size();
            var text = new StringBuilder();
            lines.stream().filter(l -> !l.at().isBefore(since)).forEach(l -> text.append(l.stamped())
                    .append('\n'));
            out.write(text.toString().getBytes(StandardCharsets.UTF_8));
            out.flush();
            if (over && lines.isEmpty()) {
                return;
            }
        }
    }

    private static Map<String, String> query(HttpExchange exchange) {
        Map<String, String> query = new HashMap<>();
        String raw = exchange.getRequestURI().getRawQuery();
        for (String part : raw == null ? new String[0] : raw.split("&")) {
            String[] both = part.split("=", 2);
            query.put(both[0], URLDecoder.decode(both.length > 1 ? both[1] : "", StandardCharsets.UTF_8));
        }
        return query;
    }

    private static boolean matches(JsonObject object, Map<String, String> query) {
        String selector = query.getOrDefault("labelSelector", "");
        return selector.isEmpty()
                || Arrays.stream(selector.split(",")).allMatch(part -> {
                    String[] both = part.split("=", 2);
                    return FakeCluster.label(object, both[0]).equals(both[1]);
                });
    }

    /** RFC 7386. */
    private static void merge(JsonObject into, JsonObject patch) {
        patch.forEach(e -> {
            if (e.getValue() instanceof JsonObject more && into.getValue(e.getKey()) instanceof JsonObject has) {
                merge(has, more);
            } else if (e.getValue() == null) {
                into.remove(e.getKey());
            } else {
                into.put(e.getKey(), e.getValue());
            }
        });
    }

    private static JsonObject body(HttpExchange exchange) throws IOException {
        String text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        return text.isBlank() ? new JsonObject() : new JsonObject(text);
    }

    private static JsonObject typed(String kind, JsonObject object) {
        return object.copy().put("kind", type(kind)).put("apiVersion", apiVersion(kind));
    }

    private static String type(String kind) {
        return switch (kind) {
            case "jobs" -> "Job";
            case "pods" -> "Pod";
            case "secrets" -> "Secret";
            case "nodes" -> "Node";
            default -> "ResourceQuota";
        };
    }

    private static String apiVersion(String kind) {
        return kind.equals("jobs") ? "batch/v1" : "v1";
    }

    private static JsonObject status(int code, String reason, String message) {
        return new JsonObject()
                .put("kind", "Status")
                .put("apiVersion", "v1")
                .put("metadata", new JsonObject())
                .put("status", "Failure")
                .put("code", code)
                .put("reason", reason)
                .put("message", message);
    }

    private static void refuse(HttpExchange exchange, int code, String reason, String message) throws IOException {
        send(exchange, code, status(code, reason, message));
    }

    private static void send(HttpExchange exchange, int code, JsonObject body) throws IOException {
        byte[] bytes = body.encode().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
