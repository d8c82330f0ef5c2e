package dev.stationmaster.platform.web;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.openapi.validation.RequestParameter;
import io.vertx.openapi.validation.ValidatedRequest;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A request that fits the contract, from a caller who may make it. */
public final class ApiRequest {
    private final RoutingContext context;
    private final ValidatedRequest valid;
    private final @Nullable Caller caller;

    public ApiRequest(RoutingContext context, ValidatedRequest valid, @Nullable Caller caller) {
        this.context = context;
        this.valid = valid;
        this.caller = caller;
    }

    /** Who asks. Public operations have no caller and must not ask for one. */
    public Caller caller() {
        if (caller == null) {
            throw new IllegalStateException("A public operation has no caller");
        }
        return caller;
    }

    public JsonObject body() {
        return valid.getBody().getJsonObject();
    }

    public String path(String name) {
        return Objects.requireNonNull(valid.getPathParameters().get(name)).getString();
    }

    public long pathLong(String name) {
        return Objects.requireNonNull(valid.getPathParameters().get(name)).getLong();
    }

    public UUID pathUuid(String name) {
        try {
            return UUID.fromString(path(name));
        } catch (IllegalArgumentException e) {
            throw new ApiException(ErrorCode.BAD_REQUEST, name + " is not a UUID.");
        }
    }

    public @Nullable String query(String name) {
        RequestParameter p = valid.getQuery().get(name);
        return p == null || p.isNull() ? null : p.getString();
    }

    public long queryLong(String name, long fallback) {
        Long value = queryLong(name);
        return value == null ? fallback : value;
    }

    public @Nullable Long queryLong(String name) {
        RequestParameter p = valid.getQuery().get(name);
        return p == null || p.isNull() ? null : p.getLong();
    }

    public boolean queryFlag(String name) {
        RequestParameter p = valid.getQuery().get(name);
        return p != null && !p.isNull() && p.getBoolean();
    }

    public int limit() {
        return (int) queryLong("limit", 50);
    }

    public @Nullable String cursor() {
        return query("cursor");
    }

    public Optional<String> idempotencyKey() {
        return Optional.ofNullable(context.request().getHeader("Idempotency-Key"));
    }

    /** The body of an operation that takes no JSON; empty where none was sent. */
    public Buffer bodyBytes() {
        Buffer bytes = context.body().buffer();
        return bytes == null ? Buffer.buffer() : bytes;
    }

    /** The raw text of the body, for comparing repeated requests. */
    public String bodyText() {
        String text = context.body().asString();
        return text == null ? "" : text;
    }

    /** The version in If-Match; null where the header is absent. */
    public @Nullable Long ifMatch() {
        String header = context.request().getHeader("If-Match");
        if (header == null || "*".equals(header)) {
            return null;
        }
        try {
            return Long.valueOf(header.replace("W/", "").replace("\"", ""));
        } catch (NumberFormatException e) {
            throw new ApiException(
                    ErrorCode.PRECONDITION_FAILED, "If-Match is not an ETag of ours; read the resource again.");
        }
    }

    public String remoteAddress() {
        return context.request().remoteAddress().hostAddress();
    }
}
