package dev.stationmaster.jobs.schedules;

import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiException.FieldError;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Page;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What people may do with schedules. */
public final class ScheduleService {
    private final ScheduleStore store;
    private final Clock clock;

    public ScheduleService(ScheduleStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    Future<Page<Schedule>> list(Caller caller, @Nullable UUID after, int limit) {
        return store.page(after, caller.agentId(), limit + 1).map(rows -> Page.of(rows, limit, Schedule::id));
    }

    Future<Schedule> visible(Caller caller, UUID id) {
        return store.find(id).map(found -> found.filter(s -> caller.maySeeAgent(s.agentId()))
                .orElseThrow(() -> ApiException.notFound("schedule", id)));
    }

    private Future<Schedule> mine(Caller caller, UUID id) {
        return visible(caller, id)
                .compose(s -> caller.mayChange(s.ownerId())
                        ? Future.succeededFuture(s)
                        : Future.failedFuture(new ApiException(
                                ErrorCode.FORBIDDEN, "The schedule belongs to " + s.owner() + "; ask them.")));
    }

    Future<Schedule> create(Caller caller, JsonObject body) {
        OffsetDateTime now = clock.utc();
        JsonObject job = body.getJsonObject("job");
        String cron = body.getString("cron");
        String zone = body.getString("time_zone", "UTC");
        var schedule = new Schedule(
                Ids.next(),
                body.getString("name"),
                caller.userId(),
                caller.username(),
                job.getLong("agent_id"),
                cron,
                zone,
                job,
                "run_once".equals(body.getString("missed_runs", "run_once")),
                body.getBoolean("enabled", true),
                next(cron, zone),
                null,
                null,
                null,
                1,
                now,
                now);
        return store.insert(schedule, entry(caller, "schedule.create", null, schedule))
                .map(made -> made.orElseThrow(() -> new ApiException(
                        ErrorCode.NAME_TAKEN, "You have a schedule " + schedule.name() + " already.")));
    }

    /** What {@code body} leaves out stays as it is. */
    Future<Schedule> update(Caller caller, UUID id, JsonObject body, @Nullable Long ifMatch) {
        return mine(caller, id).compose(before -> {
            if (ifMatch != null && ifMatch != before.version()) {
                return Future.failedFuture(changedMeanwhile());
            }
            String cron = body.getString("cron", before.cron());
            String zone = body.getString("time_zone", before.timeZone());
            Schedule after = before.changed(
                    cron,
                    zone,
                    body.getJsonObject("job", before.job()),
                    body.containsKey("missed_runs")
                            ? "run_once".equals(body.getString("missed_runs"))
                            : before.runsMissed(),
                    body.getBoolean("enabled", before.enabled()),
                    next(cron, zone),
                    clock.utc());
            return store.update(after, entry(caller, "schedule.update", before, after))
                    .map(done -> done.orElseThrow(ScheduleService::changedMeanwhile));
        });
    }

    Future<Void> delete(Caller caller, UUID id) {
        return mine(caller, id)
                .compose(s -> store.delete(id, entry(caller, "schedule.delete", s, null)))
                .mapEmpty();
    }

    private static ApiException changedMeanwhile() {
        return new ApiException(ErrorCode.PRECONDITION_FAILED, "The schedule was changed meanwhile; read it again.");
    }

    private OffsetDateTime next(String cron, String zone) {
        try {
            return CronTimes.next(cron, zone, clock.now())
                    .orElseThrow(() -> new IllegalArgumentException("it is never due"));
        } catch (IllegalArgumentException e) {
            String problem = String.valueOf(e.getMessage());
            throw new ApiException(
                    ErrorCode.INVALID_FIELD,
                    "The schedule makes no sense: " + problem + ". Five fields: minute hour day month weekday.",
                    List.of(new FieldError("/cron", problem)));
        }
    }

    private static AuditEntry entry(Caller caller, String action, @Nullable Schedule before, @Nullable Schedule after) {
        Schedule any = before == null ? after : before;
        return new AuditEntry(
                caller.actor(),
                action,
                "schedule/" + (any == null ? "" : any.id()),
                before == null ? null : before.toJson().encode(),
                after == null ? null : after.toJson().encode(),
                caller.requestId());
    }
}
