package dev.stationmaster.jobs.queues;

import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.jobs.scheduler.QueueSpec;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What administrators and operators may do with queues, and what everybody may see of them. */
public final class QueueService {
    public static final String DEFAULT = "default";

    private final QueueStore store;
    private final Bus bus;
    private final Clock clock;

    public QueueService(QueueStore store, Bus bus, Clock clock) {
        this.store = store;
        this.bus = bus;
        this.clock = clock;
    }

    Future<JsonObject> list() {
        var queues = store.all();
        var load = store.load();
        return Future.all(queues, load).map(both -> {
            var items = new JsonArray();
            queues.result()
                    .forEach(queue -> items.add(withLoad(queue, load.result().get(queue.name()))));
            return new JsonObject().put("items", items).putNull("next_cursor");
        });
    }

    Future<JobQueueConfig> find(String name) {
        return store.find(name).map(found -> found.orElseThrow(() -> ApiException.notFound("queue", name)));
    }

    Future<JsonObject> detailed(JobQueueConfig queue) {
        return store.load().map(load -> withLoad(queue, load.get(queue.name())));
    }

    private static JsonObject withLoad(JobQueueConfig queue, @Nullable QueueLoad load) {
        return queue.toJson().mergeIn((load == null ? QueueLoad.NONE : load).toJson());
    }

    Future<JobQueueConfig> create(Caller caller, JsonObject body) {
        var now = clock.utc();
        JobQueueConfig plain = new JobQueueConfig(
                body.getString("name"),
                null,
                null,
                1,
                QueueSpec.Policy.BEST_EFFORT_FIFO,
                QueueSpec.State.ACTIVE,
                LimitsJson.fromApi(new JsonObject()),
                LimitsJson.fromApi(new JsonObject()),
                LimitsJson.fromApi(new JsonObject()),
                null,
                1,
                now,
                now);
        JobQueueConfig wanted = checked(merged(plain, body));
        var entry = entry(caller, "queue.create", null, wanted);
        return store.insert(wanted, entry)
                .map(made -> made.orElseThrow(() -> new ApiException(
                        ErrorCode.NAME_TAKEN, "There is a queue " + wanted.name() + " already; choose another name.")))
                .onSuccess(made -> changed(made.name()));
    }

    /** What {@code body} leaves out stays as it is. */
    Future<JobQueueConfig> update(Caller caller, String name, JsonObject body, @Nullable Long ifMatch) {
        return store.change(
                        name,
                        (now, jobs) -> {
                            if (ifMatch != null && ifMatch != now.version()) {
                                throw new ApiException(
                                        ErrorCode.PRECONDITION_FAILED,
                                        "The queue was changed meanwhile; read it again.");
                            }
                            return checked(merged(now, body));
                        },
                        (before, after) -> entry(caller, "queue.update", before, after))
                .map(found -> found.orElseThrow(() -> ApiException.notFound("queue", name)))
                .onSuccess(done -> changed(name));
    }

    Future<Void> delete(Caller caller, String name) {
        if (name.equals(DEFAULT)) {
            throw new ApiException(
                    ErrorCode.INVALID_STATE, "The default queue can't be deleted; put it on hold instead.");
        }
        return find(name)
                .compose(exists -> store.change(
                        name,
                        (now, jobs) -> {
                            if (jobs > 0) {
                                throw new ApiException(
                                        ErrorCode.HAS_ACTIVE_JOBS,
                                        jobs + " jobs of the queue are not finished; drain it first (state drain).");
                            }
                            return null;
                        },
                        (before, after) -> entry(caller, "queue.delete", before, after)))
                .onSuccess(done -> changed(name))
                .mapEmpty();
    }

    private void changed(String name) {
        bus.publish(new JobMessages.QueueConfigChanged(name));
    }

    private static JobQueueConfig merged(JobQueueConfig now, JsonObject body) {
        return new JobQueueConfig(
                now.name(),
                body.getString("description", now.description()),
                body.containsKey("cohort") ? body.getString("cohort") : now.cohort(),
                body.getDouble("weight", now.weight()),
                body.containsKey("policy")
                        ? QueueSpec.Policy.valueOf(body.getString("policy").toUpperCase(Locale.ROOT))
                        : now.policy(),
                body.containsKey("state")
                        ? QueueSpec.State.valueOf(body.getString("state").toUpperCase(Locale.ROOT))
                        : now.state(),
                body.containsKey("nominal_quota")
                        ? LimitsJson.fromApi(body.getJsonObject("nominal_quota"))
                        : now.nominal(),
                body.containsKey("borrowing_limit")
                        ? LimitsJson.fromApi(body.getJsonObject("borrowing_limit"))
                        : now.borrowing(),
                body.containsKey("lending_limit")
                        ? LimitsJson.fromApi(body.getJsonObject("lending_limit"))
                        : now.lending(),
                body.containsKey("max_starts_per_minute")
                        ? body.getInteger("max_starts_per_minute")
                        : now.maxStartsPerMinute(),
                now.version(),
                now.createdAt(),
                now.updatedAt());
    }

    private JobQueueConfig checked(JobQueueConfig queue) {
        Optional<String> problem = QueueProblems.of(queue);
        if (problem.isPresent()) {
            throw new ApiException(ErrorCode.INVALID_FIELD, problem.get());
        }
        return new JobQueueConfig(
                queue.name(),
                queue.description(),
                queue.cohort(),
                queue.weight(),
                queue.policy(),
                queue.state(),
                queue.nominal(),
                queue.borrowing(),
                queue.lending(),
                queue.maxStartsPerMinute(),
                queue.version(),
                queue.createdAt(),
                clock.utc());
    }

    private static AuditEntry entry(
            Caller caller, String action, @Nullable JobQueueConfig before, @Nullable JobQueueConfig after) {
        JobQueueConfig any = before == null ? after : before;
        return new AuditEntry(
                caller.actor(),
                action,
                "queue/" + (any == null ? "" : any.name()),
                before == null ? null : before.toJson().encode(),
                after == null ? null : after.toJson().encode(),
                caller.requestId());
    }
}
