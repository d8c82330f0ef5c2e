package dev.stationmaster.gateway;

import dev.stationmaster.platform.security.Ids;
import io.vertx.ext.web.RoutingContext;
import java.util.regex.Pattern;

/** One id for each request: the client's {@code X-Request-Id} where it is sane, else a new one. In answers and audit. */
final class RequestIds {
    static final String HEADER = "X-Request-Id";
    private static final String KEY = "request-id";
    private static final Pattern SANE = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private RequestIds() {}

    static String of(RoutingContext context) {
        String known = context.get(KEY);
        if (known != null) {
            return known;
        }
        String sent = context.request().getHeader(HEADER);
        String id = sent != null && SANE.matcher(sent).matches() ? sent : Ids.next().toString();
        context.put(KEY, id);
        return id;
    }
}
