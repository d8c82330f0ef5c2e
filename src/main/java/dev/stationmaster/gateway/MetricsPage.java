package dev.stationmaster.gateway;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Prometheus text, format 0.0.4; on the main port and, where set, on one of its own. */
public final class MetricsPage {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsPage.class);

    private MetricsPage() {}

    static void write(RoutingContext context, PrometheusMeterRegistry registry) {
        context.response()
                .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                .end(registry.scrape())
                .onFailure(e -> LOG.debug("The scraper went away", e));
    }

    /** A server that has nothing but /metrics. */
    public static Future<HttpServer> listen(Vertx vertx, String host, int port, PrometheusMeterRegistry registry) {
        Router router = Router.router(vertx);
        router.get("/metrics").handler(context -> write(context, registry));
        return vertx.createHttpServer().requestHandler(router).listen(port, host);
    }
}
