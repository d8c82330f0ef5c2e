package dev.stationmaster.gateway;

import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.StaticHandler;

/** The dashboard's files from the class path, with headers that let them run nothing but themselves. */
final class DashboardFiles {
    private static final String POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            + "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
    private static final long YEAR_SECONDS = 31_536_000;

    private DashboardFiles() {}

    static void mount(Vertx vertx, Router router) {
        router.get("/*").handler(DashboardFiles::headers);
        router.get("/vendor/*")
                .handler(StaticHandler.create("webroot/vendor")
                        .setCachingEnabled(true)
                        .setMaxAgeSeconds(YEAR_SECONDS)
                        .setDirectoryListing(false));
        router.get("/*")
                .handler(StaticHandler.create("webroot")
                        .setIndexPage("index.html")
                        .setCachingEnabled(false)
                        .setDirectoryListing(false)
                        .setIncludeHidden(false));
    }

    private static void headers(RoutingContext context) {
        context.response()
                .putHeader("Content-Security-Policy", POLICY)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("X-Frame-Options", "DENY");
        if (!context.request().path().startsWith("/vendor/")) {
            context.response().putHeader("Cache-Control", "no-cache");
        }
        context.next();
    }
}
