package dev.stationmaster.gateway;

import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Authenticator;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RequestExtractor;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.validation.ValidatedRequest;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Builds the routes of {@code /api/v1} from the contract: sign-in check, role check, validation, handler, answer. */
final class ApiRouter {
    private static final Logger LOG = LoggerFactory.getLogger(ApiRouter.class);

    private ApiRouter() {}

    /** @param handlers by operationId; exactly the operations of the contract */
    static Router create(
            Vertx vertx, Contract contract, Authenticator authenticator, Map<String, ApiHandler> handlers) {
        var builder = RouterBuilder.create(vertx, contract.openApi(), RequestExtractor.withBodyHandler());
        builder.security("bearerAuth").httpHandler(new BearerHandler(authenticator, contract));
        for (Operation operation : contract.openApi().operations()) {
            String id = operation.getOperationId();
            ApiHandler handler = handlers.get(id);
            if (handler == null) {
                throw new IllegalStateException("No handler for the operation " + id);
            }
            builder.getRoute(id)
                    .setDoValidation(false)
                    .addHandler(new RequestCheck(contract.requestSchemas(), operation))
                    .addHandler(adapt(handler));
        }
        return builder.createRouter();
    }

    private static Handler<RoutingContext> adapt(ApiHandler handler) {
        return context -> {
            ValidatedRequest valid = context.get(RouterBuilder.KEY_META_DATA_VALIDATED_REQUEST);
            Caller caller = context.get(BearerHandler.CALLER);
            Future<Reply> reply;
            try {
                reply = handler.handle(new ApiRequest(context, valid, caller));
            } catch (RuntimeException e) {
                context.fail(e);
                return;
            }
            reply.onSuccess(r -> send(context, r)).onFailure(context::fail);
        };
    }

    private static void send(RoutingContext context, Reply reply) {
        HttpServerResponse response = context.response();
        if (response.closed()) {
            return;
        }
        response.setStatusCode(reply.status()).putHeader(RequestIds.HEADER, RequestIds.of(context));
        reply.headers().forEach(response::putHeader);
        if (reply.stream() != null) {
            reply.stream().apply(response).onFailure(context::fail);
        } else if (reply.body() == null) {
            end(response.end());
        } else {
            Buffer body = reply.body().toBuffer();
            response.putHeader("Content-Type", "application/json").putHeader("Cache-Control", "no-store");
            end(response.end(body));
        }
    }

    private static void end(Future<Void> ended) {
        ended.onFailure(e -> LOG.debug("The client went away: {}", e.toString()));
    }
}
