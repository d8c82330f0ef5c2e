package dev.stationmaster.gateway;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /health} names the part that fails; {@code /health/live} says only that the process answers;
 * {@code /health/ready} that it takes work. Thread-safe.
 */
public final class Health {
    private static final Logger LOG = LoggerFactory.getLogger(Health.class);

    private final Map<String, Supplier<Future<?>>> checks = new LinkedHashMap<>();
    private final AtomicBoolean stopping = new AtomicBoolean();

    /** A part that must answer. Called while starting. */
    public void check(String part, Supplier<Future<?>> check) {
        checks.put(part, check);
    }

    /** From now on not ready: no new work. */
    public void stopping() {
        stopping.set(true);
    }

    void mount(Router router) {
        router.get("/health").handler(this::answer);
        router.get("/health/ready").handler(this::answer);
        router.get("/health/live")
                .handler(context -> send(
                        context, 200, new JsonObject().put("status", "healthy").put("service", "stationmaster")));
    }

    private void answer(RoutingContext context) {
        var results = new LinkedHashMap<String, Future<?>>();
        checks.forEach((part, check) -> results.put(part, guarded(check)));
        Future.join(results.values().stream().toList()).onComplete(done -> {
            var parts = new JsonObject();
            boolean healthy = !stopping.get();
            for (var entry : results.entrySet()) {
                boolean ok = entry.getValue().succeeded();
                healthy &= ok;
                parts.put(entry.getKey(), ok ? "healthy" : "unhealthy");
            }
            var body = new JsonObject()
                    .put("status", healthy ? "healthy" : "unhealthy")
                    .put("service", "stationmaster")
                    .put("parts", parts);
            if (stopping.get()) {
                body.put("detail", "The server is stopping.");
            }
            send(context, healthy ? 200 : 503, body);
        });
    }

    private static Future<?> guarded(Supplier<Future<?>> check) {
        try {
            return check.get();
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }

    private static void send(RoutingContext context, int status, JsonObject body) {
        context.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .putHeader("Cache-Control", "no-store")
                .end(body.toBuffer())
                .onFailure(e -> LOG.debug("The prober went away", e));
    }
}
