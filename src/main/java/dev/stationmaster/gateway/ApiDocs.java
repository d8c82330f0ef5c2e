package dev.stationmaster.gateway;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The contract for people ({@code /api/docs}) and for programs ({@code /api/openapi.yaml}). */
final class ApiDocs {
    private static final Logger LOG = LoggerFactory.getLogger(ApiDocs.class);

    private ApiDocs() {}

    static void mount(Vertx vertx, Router router) {
        router.get("/api/openapi.yaml").handler(context -> vertx.fileSystem()
                .readFile(Contract.FILE)
                .onSuccess(yaml -> send(context, "application/yaml", yaml))
                .onFailure(context::fail));
        router.get("/api/openapi.json").handler(context -> vertx.executeBlocking(Contract::read, false)
                .onSuccess(json -> send(context, "application/json", Buffer.buffer(json.toString())))
                .onFailure(context::fail));
        router.get("/api/docs").handler(context -> vertx.fileSystem()
                .readFile("webroot/docs.html")
                .onSuccess(page -> send(context, "text/html; charset=utf-8", page))
                .onFailure(context::fail));
    }

    private static void send(RoutingContext context, String type, Buffer body) {
        context.response()
                .putHeader("Content-Type", type)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'")
                .end(body)
                .onFailure(e -> LOG.debug("The reader went away", e));
    }
}
