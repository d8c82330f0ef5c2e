package dev.stationmaster.jobs;

import dev.stationmaster.jobs.workers.RemoteWorker;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** A poll that waits for orders. Bound to one event loop. */
final class WaitingPoll {
    private final RemoteWorker worker;
    private final HeldLeases held;
    private final Promise<JsonObject> answer = Promise.promise();

    WaitingPoll(RemoteWorker worker, HeldLeases held) {
        this.worker = worker;
        this.held = held;
    }

    RemoteWorker worker() {
        return worker;
    }

    HeldLeases held() {
        return held;
    }

    Future<JsonObject> future() {
        return answer.future();
    }

    /** The first answer counts. */
    void answer(JsonArray orders) {
        answer.tryComplete(reply(worker, orders));
    }

    static JsonObject reply(RemoteWorker worker, JsonArray orders) {
        return new JsonObject().put("state", worker.state().wireName()).put("orders", orders);
    }
}
