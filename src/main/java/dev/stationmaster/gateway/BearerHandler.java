package dev.stationmaster.gateway;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Authenticator;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Role;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.JWTAuthHandler;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.contract.Operation;
import java.util.List;

/**
 * Runs before validation: no token is 401, a token of too low a role is 403, so that strangers learn nothing from
 * validation errors. Leaves the {@link Caller} in the context.
 */
final class BearerHandler implements JWTAuthHandler {
    static final String CALLER = "caller";
    private static final String SCHEME = "Bearer ";

    private final Authenticator authenticator;
    private final Contract contract;

    BearerHandler(Authenticator authenticator, Contract contract) {
        this.authenticator = authenticator;
        this.contract = contract;
    }

    @Override
    public void handle(RoutingContext context) {
        String header = context.request().getHeader("Authorization");
        if (header == null || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            context.fail(new ApiException(
                    ErrorCode.UNAUTHENTICATED, "Send Authorization: Bearer TOKEN; a token comes from POST /api/v1/auth/login."));
            return;
        }
        String token = header.substring(SCHEME.length()).strip();
        authenticator
                .authenticate(token, RequestIds.of(context))
                .onSuccess(caller -> check(context, caller))
                .onFailure(context::fail);
    }

    @Override
    public JWTAuthHandler scopeDelimiter(String delimiter) {
        return this; // roles, not scopes, decide
    }

    @Override
    public JWTAuthHandler withScope(String scope) {
        return this;
    }

    @Override
    public JWTAuthHandler withScopes(List<String> scopes) {
        return this;
    }

    private void check(RoutingContext context, Caller caller) {
        Operation operation = context.currentRoute().getMetadata(RouterBuilder.KEY_META_DATA_OPERATION);
        List<Role> needed = contract.roles(operation.getOperationId());
        if (needed.stream().noneMatch(caller.role()::covers)) {
            context.fail(new ApiException(
                    ErrorCode.FORBIDDEN,
                    "Your role is " + caller.role().wireName() + "; this needs "
                            + String.join(" or ", needed.stream().map(Role::wireName).toList()) + "."));
            return;
        }
        context.put(CALLER, caller);
        context.next();
    }
}
