package dev.stationmaster.gateway.live;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What RFC 6455 section 4.2.1 asks of an opening request, and that a browser's page is of this very server. */
final class Handshake {
    private static final int KEY_BYTES = 16;

    private Handshake() {}

    /** @return the Sec-WebSocket-Key */
    static String check(HttpServerRequest request) {
        boolean upgrade = request.version() == HttpVersion.HTTP_1_1
                && has(request.headers().getAll("Connection"), "upgrade")
                && has(request.headers().getAll("Upgrade"), "websocket");
        if (!upgrade) {
            throw bad("This is a WebSocket address: send an HTTP/1.1 request with Upgrade: websocket.");
        }
        if (!"13".equals(request.getHeader("Sec-WebSocket-Version"))) {
            request.response().putHeader("Sec-WebSocket-Version", "13");
            throw bad("Sec-WebSocket-Version must be 13.");
        }
        if (request.getHeader("Transfer-Encoding") != null || hasBody(request.getHeader("Content-Length"))) {
            throw bad("A WebSocket request has no body.");
        }
        checkOrigin(request);
        String key = request.getHeader("Sec-WebSocket-Key");
        if (key == null || !isKey(key.strip())) {
            throw bad("Sec-WebSocket-Key must be 16 bytes in base64.");
        }
        return key.strip();
    }

    /** Cookies play no part in signing in, so this is a second line of defence against pages of strangers. */
    private static void checkOrigin(HttpServerRequest request) {
        String origin = request.getHeader("Origin");
        if (origin == null) {
            return;
        }
        String host = request.getHeader("Host");
        try {
            URI uri = new URI(origin);
            if (host != null && uri.getAuthority() != null) {
                String port = "https".equalsIgnoreCase(uri.getScheme()) ? ":443" : ":80";
                if (plain(uri.getAuthority(), port).equals(plain(host, port))) {
                    return;
                }
            }
        } catch (URISyntaxException e) {
            // refused like any other stranger
        }
        throw new ApiException(ErrorCode.FORBIDDEN, "Pages of another origin may not open WebSockets here.");
    }

    private static String plain(String authority, String defaultPort) {
        String lower = authority.toLowerCase(Locale.ROOT);
        return lower.endsWith(defaultPort) ? lower.substring(0, lower.length() - defaultPort.length()) : lower;
    }

    private static boolean has(List<String> headers, String token) {
        return headers.stream()
                .flatMap(header -> List.of(header.split(",", -1)).stream())
                .anyMatch(part -> part.strip().equalsIgnoreCase(token));
    }

    private static boolean hasBody(@Nullable String length) {
        return length != null && !length.equals("0");
    }

    private static boolean isKey(String key) {
        try {
            return Base64.getDecoder().decode(key).length == KEY_BYTES;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static ApiException bad(String detail) {
        return new ApiException(ErrorCode.BAD_REQUEST, detail);
    }
}
