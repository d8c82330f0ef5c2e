package dev.stationmaster.jobs.schedules;

import dev.stationmaster.jobs.JobMessages;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Submits what is due; the leader's. A time is written as done only after its job is durable, and the job has a key of its
 * own for each time: a crash in between submits it once all the same. Bound to the worker's event loop.
 */
public final class ScheduleRunner {
    private static final Logger LOG = LoggerFactory.getLogger(ScheduleRunner.class);
    private static final int MAX_DUE = 100;
    /** A time that is older was missed. */
    private static final Duration LATE = Duration.ofMinutes(1);

    private final ScheduleStore store;
    private final Bus bus;
    private final Clock clock;
    private boolean running;

    public ScheduleRunner(ScheduleStore store, Bus bus, Clock clock) {
        this.store = store;
        this.bus = bus;
        this.clock = clock;
    }

    public Future<Void> tick() {
        if (running) {
            return Future.succeededFuture();
        }
        running = true;
        return store.due(clock.utc(), MAX_DUE).compose(due -> each(due, 0)).onComplete(done -> running = false);
    }

    private Future<Void> each(List<Schedule> due, int from) {
        return from == due.size()
                ? Future.succeededFuture()
                : run(due.get(from)).transform(done -> {
                    if (done.failed()) {
                        LOG.warn(
                                "Schedule {}: {}",
                                due.get(from).id(),
                                done.cause().toString());
                    }
                    return each(due, from + 1);
                });
    }

    private Future<Void> run(Schedule s) {
        boolean missed = s.nextRunAt().plus(LATE).isBefore(clock.utc());
        OffsetDateTime next =
                CronTimes.next(s.cron(), s.timeZone(), clock.now()).orElse(null);
        if (missed && !s.runsMissed()) {
            return store.ran(s, next, null, null);
        }
        return bus.request(submission(s))
                .compose(done -> store.ran(s, next, done.jobId(), null))
                .recover(error -> error instanceof ApiException api
                                && api.code() != ErrorCode.INTERNAL
                                && api.code() != ErrorCode.UNAVAILABLE
                        ? store.ran(s, next, null, api.getMessage())
                        : Future.failedFuture(error)); // stays due
    }

    private static JobMessages.SubmitJob submission(Schedule s) {
        JsonObject job = s.job();
        Map<String, String> labels = new HashMap<>();
        job.getJsonObject("labels", new JsonObject())
                .forEach(e -> labels.put(e.getKey(), e.getValue().toString()));
        labels.put("schedule", s.name());
        JsonObject resources = job.getJsonObject("resource_requirements");
        return new JobMessages.SubmitJob(
                s.ownerId(),
                s.agentId(),
                null,
                job.getString("name", s.name()),
                job.getJsonObject("hyperparameters", new JsonObject()).encode(),
                job.getJsonObject("training_config", new JsonObject()).encode(),
                resources == null ? null : resources.encode(),
                job.getInteger("priority", 5),
                job.getString("queue", "default"),
                job.getInteger("max_attempts", 1),
                job.getLong("timeout_seconds"),
                labels,
                "schedule/" + s.id() + "/" + s.nextRunAt().toEpochSecond());
    }
}
