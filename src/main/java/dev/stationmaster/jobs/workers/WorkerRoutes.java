package dev.stationmaster.jobs.workers;

import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/** Operations on workers; what they do with jobs is elsewhere. */
public final class WorkerRoutes {
    /** What the answer says of a worker beside its own row: what it runs. */
    public interface Shown {
        Future<JsonObject> json(RemoteWorker worker);
    }

    private final WorkerService workers;
    private final Shown shown;
    private final JsonObject terms;

    /** @param terms what a worker is told when it registers */
    public WorkerRoutes(WorkerService workers, Shown shown, JsonObject terms) {
        this.workers = workers;
        this.shown = shown;
        this.terms = terms.copy();
    }

    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "listWorkers",
                this::list,
                "registerWorker",
                this::register,
                "getWorker",
                request -> workers.find(name(request)).compose(this::reply),
                "removeWorker",
                request -> workers.remove(request.caller(), name(request)).map(done -> Reply.noContent()),
                "leaveWorker",
                request -> workers.leave(request.caller(), name(request)).map(done -> Reply.noContent()),
                "cordonWorker",
                to(WorkerState.CORDONED),
                "drainWorker",
                to(WorkerState.DRAINING),
                "uncordonWorker",
                to(WorkerState.ACTIVE));
    }

    private static String name(ApiRequest request) {
        return request.path("worker");
    }

    private Future<Reply> list(ApiRequest request) {
        return workers.all()
                .compose(all -> Future.all(all.stream().map(shown::json).toList()))
                .map(items -> Reply.ok(new JsonObject().put("items", new JsonArray(items.<JsonObject>list()))));
    }

    private Future<Reply> register(ApiRequest request) {
        return workers.register(request.caller(), request.remoteAddress(), request.body())
                .map(worker -> Reply.ok(terms.copy()));
    }

    private ApiHandler to(WorkerState state) {
        return request -> workers.change(request.caller(), name(request), state).compose(this::reply);
    }

    private Future<Reply> reply(RemoteWorker worker) {
        return shown.json(worker).map(Reply::ok);
    }
}
