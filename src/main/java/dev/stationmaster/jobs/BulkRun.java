package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/** One action on each of many jobs, a few at once; each succeeds or is refused by itself. */
final class BulkRun {
    static final int MAX_JOBS = 1_000;
    private static final int AT_ONCE = 16;

    private BulkRun() {}

    /**
     * The jobs that a body names, by ids or by a filter.
     *
     * @param matching those that fit a filter, up to one more than may be done at once
     */
    static Future<List<UUID>> chosen(JsonObject body, Function<JsonObject, Future<List<UUID>>> matching) {
        if (body.containsKey("ids") == body.containsKey("filter")) {
            throw new ApiException(ErrorCode.INVALID_FIELD, "Name the jobs either by ids or by a filter.");
        }
        return body.containsKey("ids")
                ? Future.succeededFuture(body.getJsonArray("ids").stream()
                        .map(id -> UUID.fromString(id.toString()))
                        .distinct()
                        .toList())
                : matching.apply(body.getJsonObject("filter"));
    }

    /** What became of each, in their order. */
    static Future<JsonObject> each(List<UUID> found, Function<UUID, Future<Job>> action) {
        List<UUID> ids = found.size() > MAX_JOBS ? found.subList(0, MAX_JOBS) : found;
        var results = new ArrayList<JsonObject>(ids.size());
        return each(ids, 0, action, results).map(done -> new JsonObject()
                .put("items", new JsonArray(results))
                .put(
                        "done",
                        results.stream()
                                .filter(r -> "done".equals(r.getString("result")))
                                .count())
                .put("more", found.size() > MAX_JOBS));
    }

    private static Future<Void> each(
            List<UUID> ids, int from, Function<UUID, Future<Job>> action, List<JsonObject> results) {
        if (from >= ids.size()) {
            return Future.succeededFuture();
        }
        List<UUID> some = ids.subList(from, Math.min(ids.size(), from + AT_ONCE));
        var under = some.stream().map(id -> one(id, action)).toList();
        return Future.all(under).compose(done -> {
            under.forEach(result -> results.add(result.result()));
            return each(ids, from + AT_ONCE, action, results);
        });
    }

    private static Future<JsonObject> one(UUID id, Function<UUID, Future<Job>> action) {
        var json = new JsonObject().put("id", id.toString());
        return action.apply(id)
                .map(job -> json.put("result", "done")
                        .put("state", job.state().wireName())
                        .put("job_id", job.id().toString()))
                .recover(error -> error instanceof ApiException api
                        ? Future.succeededFuture(json.put("result", "refused")
                                .put("code", api.code().wireName())
                                .put("detail", api.getMessage()))
                        : Future.failedFuture(error));
    }
}
