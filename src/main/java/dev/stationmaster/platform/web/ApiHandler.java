package dev.stationmaster.platform.web;

import io.vertx.core.Future;

/** Answers one operation of the contract; the request is valid and allowed when it arrives here. */
public interface ApiHandler {
    Future<Reply> handle(ApiRequest request);
}
