package dev.stationmaster.gateway;

import dev.stationmaster.platform.bus.BusException;
import dev.stationmaster.platform.db.GroupCommit;
import dev.stationmaster.platform.redis.RedisLink;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import io.vertx.pgclient.PgException;
import java.net.ConnectException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The only place that turns failures into answers: RFC 9457 problem documents. */
final class ProblemHandler implements Handler<RoutingContext> {
    private static final Logger LOG = LoggerFactory.getLogger(ProblemHandler.class);

    @Override
    public void handle(RoutingContext context) {
        ApiException problem = translate(context.failure(), context.statusCode());
        if (problem.code() == ErrorCode.INTERNAL) {
            LOG.error(
                    "{} {} [{}]",
                    context.request().method(),
                    context.request().path(),
                    RequestIds.of(context),
                    context.failure());
        }
        write(context, problem);
    }

    static void write(RoutingContext context, ApiException problem) {
        HttpServerResponse response = context.response();
        if (response.ended()) {
            return;
        }
        if (response.headWritten()) {
            context.request().connection().close().onFailure(e -> LOG.debug("close", e));
            return;
        }
        ErrorCode code = problem.code();
        response.setStatusCode(code.status())
                .putHeader("Content-Type", "application/problem+json")
                .putHeader(RequestIds.HEADER, RequestIds.of(context));
        if (code.status() == 401) {
            response.putHeader("WWW-Authenticate", "Bearer");
        }
        if (problem.retryAfterSeconds() > 0) {
            response.putHeader("Retry-After", Long.toString(problem.retryAfterSeconds()));
        }
        response.end(document(context, problem).toBuffer()).onFailure(e -> LOG.debug("The client went away", e));
    }

    private static JsonObject document(RoutingContext context, ApiException problem) {
        var document = new JsonObject()
                .put("type", "about:blank")
                .put("title", problem.code().title())
                .put("status", problem.code().status())
                .put("code", problem.code().wireName())
                .put("detail", problem.getMessage())
                .put("instance", context.request().path())
                .put("request_id", RequestIds.of(context));
        if (!problem.errors().isEmpty()) {
            var errors = new JsonArray();
            problem.errors()
                    .forEach(e -> errors.add(
                            new JsonObject().put("pointer", e.pointer()).put("detail", e.detail())));
            document.put("errors", errors);
        }
        return document;
    }

    static ApiException translate(@Nullable Throwable failure, int status) {
        if (failure instanceof ApiException api) {
            return api;
        }
        if (failure instanceof HttpException http) {
            String payload = http.getPayload();
            return new ApiException(
                    codeOf(http.getStatusCode()), payload == null ? String.valueOf(http.getMessage()) : payload);
        }
        if (failure == null) {
            return new ApiException(codeOf(status), codeOf(status).title() + ".");
        }
        if (isOutage(failure)) {
            LOG.warn("Answering 503: {}", failure.toString());
            return ApiException.retryLater(
                    ErrorCode.UNAVAILABLE,
                    "A store of the server is not reachable at the moment; try again in a second.",
                    1);
        }
        return new ApiException(ErrorCode.INTERNAL, "Something broke in the server; its log has the request id.");
    }

    /** Connection trouble and shutdown or start-up of PostgreSQL (SQLSTATE classes 08 and 57P), and full queues. */
    private static boolean isOutage(Throwable failure) {
        if (failure instanceof PgException pg) {
            String state = String.valueOf(pg.getSqlState());
            return state.startsWith("08") || state.startsWith("57P") || state.startsWith("53");
        }
        return failure instanceof ConnectException
                || failure instanceof io.vertx.sqlclient.ClosedConnectionException
                || failure instanceof io.vertx.core.http.ConnectionPoolTooBusyException
                || failure instanceof RedisLink.RedisDownException
                || failure instanceof GroupCommit.QueueFullException
                || failure instanceof BusException
                || failure instanceof java.io.IOException
                || String.valueOf(failure.getMessage()).contains("Timeout")
                || String.valueOf(failure.getMessage()).contains("Connection is closed");
    }

    private static ErrorCode codeOf(int status) {
        return switch (status) {
            case 400 -> ErrorCode.BAD_REQUEST;
            case 401 -> ErrorCode.UNAUTHENTICATED;
            case 403 -> ErrorCode.FORBIDDEN;
            case 404 -> ErrorCode.NOT_FOUND;
            case 405 -> ErrorCode.METHOD_NOT_ALLOWED;
            case 406 -> ErrorCode.NOT_ACCEPTABLE;
            case 413 -> ErrorCode.PAYLOAD_TOO_LARGE;
            case 414 -> ErrorCode.URI_TOO_LONG;
            case 415 -> ErrorCode.UNSUPPORTED_MEDIA_TYPE;
            case 503 -> ErrorCode.UNAVAILABLE;
            default -> status >= 400 && status < 500 ? ErrorCode.BAD_REQUEST : ErrorCode.INTERNAL;
        };
    }
}
