package dev.stationmaster.gateway;

import dev.stationmaster.gateway.live.LiveEndpoint;
import dev.stationmaster.gateway.live.LiveHub;
import dev.stationmaster.gateway.live.SocketLimit;
import dev.stationmaster.gateway.live.Tickets;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.Authenticator;
import dev.stationmaster.platform.web.ErrorCode;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One HTTP server instance on one event loop; all instances share the port. */
public final class GatewayVerticle extends VerticleBase {
    /**
     * What the gateway serves.
     *
     * @param handlers makes the handlers of all operations for one instance, on its event loop
     * @param tickets and sockets are shared by all instances
     */
    public record Parts(
            ServerSettings settings,
            int port,
            Contract contract,
            Authenticator authenticator,
            Function<Vertx, Future<Map<String, ApiHandler>>> handlers,
            Bus bus,
            Clock clock,
            Tickets tickets,
            SocketLimit sockets,
            Health health,
            PrometheusMeterRegistry registry) {}

    private static final Logger LOG = LoggerFactory.getLogger(GatewayVerticle.class);
    /** Also the longest silence of a log that somebody follows; the reader goes on from its offset. */
    private static final int IDLE_SECONDS = 600;

    private final Parts parts;
    private @Nullable HttpServer server;
    private @Nullable LiveHub hub;

    public GatewayVerticle(Parts parts) {
        this.parts = parts;
    }

    @Override
    public Future<?> start() {
        var live = new LiveHub(vertx, parts.bus(), parts.clock(), parts.sockets(), parts.registry());
        hub = live;
        return parts.handlers().apply(vertx).compose(handlers -> {
            var options = new HttpServerOptions()
                    .setHost(parts.settings().host())
                    .setPort(parts.port())
                    .setReuseAddress(true)
                    .setTcpNoDelay(true)
                    .setIdleTimeout(IDLE_SECONDS)
                    .setIdleTimeoutUnit(TimeUnit.SECONDS)
                    .setMaxInitialLineLength(8_192)
                    .setMaxHeaderSize(16_384)
                    .setMaxFormAttributeSize(8_192)
                    .setDecompressionSupported(true);
            server = vertx.createHttpServer(options)
                    .invalidRequestHandler(request -> request.response()
                            .setStatusCode(400)
                            .putHeader("Content-Type", "application/problem+json")
                            .end("{\"type\":\"about:blank\",\"title\":\"Bad request\",\"status\":400,"
                                    + "\"code\":\"bad_request\",\"detail\":\"This is not a valid HTTP request.\"}")
                            .onFailure(e -> LOG.debug("The client went away", e)))
                    .requestHandler(router(handlers, live));
            return server.listen();
        });
    }

    @Override
    public Future<?> stop() {
        Future<Void> quiet = hub == null ? Future.succeededFuture() : hub.close();
        return quiet.transform(done -> server == null ? Future.succeededFuture() : server.close());
    }

    private Router router(Map<String, ApiHandler> handlers, LiveHub hub) {
        Router router = Router.router(vertx);
        var problems = new ProblemHandler();
        for (int status : new int[] {400, 404, 405, 406, 413, 414, 415, 500, 503}) {
            router.errorHandler(status, problems);
        }
        parts.health().mount(router);
        router.get("/metrics").handler(this::metrics);
        new LiveEndpoint(hub, parts.authenticator(), parts.tickets(), parts.sockets()).mount(router);
        ApiDocs.mount(vertx, router);
        router.route(Contract.BASE + "/*")
                .handler(BodyHandler.create(false).setBodyLimit(parts.settings().maxBodyBytes()))
                .handler(this::needJson)
                .failureHandler(problems);
        router.route(Contract.BASE + "/*")
                .subRouter(ApiRouter.create(vertx, parts.contract(), parts.authenticator(), handlers));
        router.route("/api/*").handler(context -> context.fail(404));
        DashboardFiles.mount(vertx, router);
        router.route().failureHandler(problems);
        return router;
    }

    /** A body of another type would only say that it is missing; say what is wrong instead. */
    private void needJson(RoutingContext context) {
        if (context.body().length() > 0 && !isTaken(context)) {
            context.fail(new ApiException(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send the body as Content-Type: application/json."));
        } else {
            context.next();
        }
    }

    /** Files are put as they are; all else is JSON. */
    private static boolean isTaken(RoutingContext context) {
        String header = context.request().getHeader("Content-Type");
        String type = header == null ? "" : header.toLowerCase(java.util.Locale.ROOT);
        return type.startsWith("application/json")
                || (type.startsWith("application/octet-stream")
                        && HttpMethod.PUT.equals(context.request().method()));
    }

    private void metrics(RoutingContext context) {
        if (parts.settings().metricsPublic()) {
            MetricsPage.write(context, parts.registry());
            return;
        }
        String header = context.request().getHeader("Authorization");
        if (header == null || !header.startsWith("Bearer ")) {
            context.fail(new ApiException(ErrorCode.UNAUTHENTICATED, "/metrics needs a bearer token on this server."));
            return;
        }
        parts.authenticator()
                .authenticate(header.substring(7), RequestIds.of(context))
                .onSuccess(caller -> MetricsPage.write(context, parts.registry()))
                .onFailure(context::fail);
    }
}
