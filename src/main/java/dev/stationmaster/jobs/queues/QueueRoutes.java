package dev.stationmaster.jobs.queues;

import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import java.util.Map;

/** Operations of queues. */
public final class QueueRoutes {
    private final QueueService queues;

    public QueueRoutes(QueueService queues) {
        this.queues = queues;
    }

    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "listQueues", request -> queues.list().map(Reply::ok),
                "createQueue", this::create,
                "getQueue", this::get,
                "updateQueue", this::update,
                "deleteQueue", this::delete);
    }

    private static String name(ApiRequest request) {
        return request.path("queue");
    }

    private Future<Reply> create(ApiRequest request) {
        return queues.create(request.caller(), request.body()).compose(queue -> queues.detailed(queue)
                .map(json ->
                        Reply.created("/api/v1/queues/" + queue.name(), json).etag(queue.version())));
    }

    private Future<Reply> get(ApiRequest request) {
        return queues.find(name(request)).compose(queue -> queues.detailed(queue)
                .map(json -> Reply.ok(json).etag(queue.version())));
    }

    private Future<Reply> update(ApiRequest request) {
        return queues.update(request.caller(), name(request), request.body(), request.ifMatch())
                .compose(queue ->
                        queues.detailed(queue).map(json -> Reply.ok(json).etag(queue.version())));
    }

    private Future<Reply> delete(ApiRequest request) {
        return queues.delete(request.caller(), name(request)).map(done -> Reply.noContent());
    }
}
