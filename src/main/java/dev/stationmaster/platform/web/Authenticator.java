package dev.stationmaster.platform.web;

import io.vertx.core.Future;

/** Turns a bearer token into a caller. Fails with {@link ApiException} UNAUTHENTICATED or TOKEN_EXPIRED. */
public interface Authenticator {
    Future<Caller> authenticate(String bearerToken, String requestId);
}
