package dev.stationmaster.jobs.schedules;

import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Page;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import java.util.Map;
import java.util.UUID;

/** Operations of schedules. */
public final class ScheduleRoutes {
    private final ScheduleService schedules;

    public ScheduleRoutes(ScheduleService schedules) {
        this.schedules = schedules;
    }

    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "listSchedules", this::list,
                "createSchedule", this::create,
                "getSchedule", this::get,
                "updateSchedule", this::update,
                "deleteSchedule", this::delete);
    }

    private static UUID id(ApiRequest request) {
        return request.pathUuid("schedule_id");
    }

    private Future<Reply> list(ApiRequest request) {
        return schedules
                .list(request.caller(), Page.uuidCursor(request.cursor()), request.limit())
                .map(page -> Reply.ok(page.toJson(Schedule::toJson)));
    }

    private Future<Reply> create(ApiRequest request) {
        return schedules.create(request.caller(), request.body()).map(s -> Reply.created(
                        "/api/v1/schedules/" + s.id(), s.toJson())
                .etag(s.version()));
    }

    private Future<Reply> get(ApiRequest request) {
        return schedules.visible(request.caller(), id(request)).map(s -> Reply.ok(s.toJson())
                .etag(s.version()));
    }

    private Future<Reply> update(ApiRequest request) {
        return schedules
                .update(request.caller(), id(request), request.body(), request.ifMatch())
                .map(s -> Reply.ok(s.toJson()).etag(s.version()));
    }

    private Future<Reply> delete(ApiRequest request) {
        return schedules.delete(request.caller(), id(request)).map(done -> Reply.noContent());
    }
}
