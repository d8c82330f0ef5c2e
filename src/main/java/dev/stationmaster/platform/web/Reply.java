package dev.stationmaster.platform.web;

import io.vertx.core.Future;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What an operation answers: a status with a JSON body or none, or a stream that the handler writes itself. Immutable.
 */
public record Reply(
        int status,
        @Nullable JsonObject body,
        Map<String, String> headers,
        @Nullable Function<HttpServerResponse, Future<Void>> stream) {

    public static Reply ok(JsonObject body) {
        return new Reply(200, body, Map.of(), null);
    }

    public static Reply created(String location, JsonObject body) {
        return new Reply(201, body, Map.of("Location", location), null);
    }

    public static Reply accepted(String location, JsonObject body) {
        return new Reply(202, body, Map.of("Location", location), null);
    }

    public static Reply json(int status, JsonObject body) {
        return new Reply(status, body, Map.of(), null);
    }

    public static Reply noContent() {
        return new Reply(204, null, Map.of(), null);
    }

    /** The handler sets headers, writes and ends the response. */
    public static Reply streamed(Function<HttpServerResponse, Future<Void>> stream) {
        return new Reply(200, null, Map.of(), stream);
    }

    public Reply header(String name, String value) {
        var more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new Reply(status, body, Map.copyOf(more), stream);
    }

    /** The version as ETag, for If-Match. */
    public Reply etag(long version) {
        return header("ETag", "\"" + version + "\"");
    }
}
