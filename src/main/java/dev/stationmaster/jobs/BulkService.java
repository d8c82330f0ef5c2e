package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/** One action on many jobs, by ids or by a filter; each succeeds or fails by itself. Bound to one event loop. */
final class BulkService {
    private static final int MAX_JOBS = 1_000;
    private static final int AT_ONCE = 16;

    private final JobService jobs;
    private final SubmitService submit;
    private final PauseService pauses;
    private final JobStore store;

    BulkService(JobService jobs, SubmitService submit, PauseService pauses, JobStore store) {
        this.jobs = jobs;
        this.submit = submit;
        this.pauses = pauses;
        this.store = store;
    }

    Future<JsonObject> run(Caller caller, JsonObject body) {
        if (body.containsKey("ids") == body.containsKey("filter")) {
            throw new ApiException(ErrorCode.INVALID_FIELD, "Name the jobs either by ids or by a filter.");
        }
        boolean priority = "priority".equals(body.getString("action"));
        if (priority != body.containsKey("priority")) {
            throw new ApiException(
                    ErrorCode.INVALID_FIELD, "priority belongs to the action priority, and that needs it.");
        }
        Function<UUID, Future<Job>> action = action(caller, body);
        return ids(caller, body).compose(found -> {
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
        });
    }

    private Function<UUID, Future<Job>> action(Caller caller, JsonObject body) {
        return switch (body.getString("action")) {
            case "cancel" -> id -> jobs.cancel(caller, id);
            case "pause" -> id -> pauses.pause(caller, id);
            case "resume" -> id -> pauses.resume(caller, id);
            case "retry" -> id -> jobs.mine(caller, id).compose(old -> submit.retry(caller, old, Optional.empty()));
            default -> id -> jobs.setPriority(caller, id, body.getInteger("priority"), null);
        };
    }

    private Future<List<UUID>> ids(Caller caller, JsonObject body) {
        if (body.containsKey("ids")) {
            return Future.succeededFuture(body.getJsonArray("ids").stream()
                    .map(id -> UUID.fromString(id.toString()))
                    .distinct()
                    .toList());
        }
        JsonObject filter = body.getJsonObject("filter");
        return store.matching(
                JobService.states(filter.getString("state")),
                caller.agentId() == null ? filter.getLong("agent_id") : caller.agentId(),
                filter.getString("owner"),
                filter.getString("queue"),
                MAX_JOBS + 1);
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
