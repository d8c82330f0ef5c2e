package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/** One action on many jobs, by ids or by a filter; each succeeds or fails by itself. Bound to one event loop. */
final class BulkService {
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
        boolean priority = "priority".equals(body.getString("action"));
        if (priority != body.containsKey("priority")) {
            throw new ApiException(
                    ErrorCode.INVALID_FIELD, "priority belongs to the action priority, and that needs it.");
        }
        Function<UUID, Future<Job>> action = action(caller, body);
        return BulkRun.chosen(body, filter -> matching(caller, filter)).compose(ids -> BulkRun.each(ids, action));
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

    private Future<List<UUID>> matching(Caller caller, JsonObject filter) {
        return store.matching(
                JobService.states(filter.getString("state")),
                caller.agentId() == null ? filter.getLong("agent_id") : caller.agentId(),
                filter.getString("owner"),
                filter.getString("queue"),
                BulkRun.MAX_JOBS + 1);
    }
}
