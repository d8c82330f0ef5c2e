package dev.stationmaster.jobs;

import dev.stationmaster.agents.AgentMessages;
import dev.stationmaster.costs.CostMessages;
import dev.stationmaster.platform.bus.Bus;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.Money;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.UUID;

/** What the overview page and the start of live topics show. */
final class OverviewService {
    private static final int EVENTS = 50;
    private static final Duration EVENTS_AGE = Duration.ofDays(1);
    private static final int SNAPSHOT_JOBS = 200;

    private final JobStore store;
    private final WaitReasons reasons;
    private final Bus bus;
    private final Clock clock;

    OverviewService(JobStore store, WaitReasons reasons, Bus bus, Clock clock) {
        this.store = store;
        this.reasons = reasons;
        this.bus = bus;
        this.clock = clock;
    }

    Future<JsonObject> overview() {
        var counts = store.countByState();
        var oldest = store.oldestQueued();
        var spend = bus.request(new CostMessages.FindSpendSummary());
        var events = events();
        var agents = bus.request(new AgentMessages.CountAgents());
        return Future.all(counts, oldest, spend, events, agents).map(all -> {
            var byState = new JsonObject();
            counts.result().forEach(byState::put);
            OffsetDateTime since = oldest.result();
            Double wait = since == null
                    ? null
                    : Double.valueOf(Duration.between(since, clock.utc()).toMillis() / 1000.0);
            return new JsonObject()
                    .put("jobs_by_state", byState)
                    .put("agents", agents.result().count())
                    .put(
                            "queue",
                            new JsonObject()
                                    .put("length", counts.result().get("queued"))
                                    .put("oldest_wait_seconds", wait))
                    .put(
                            "spend",
                            new JsonObject()
                                    .put("today", Money.dollars(spend.result().todayNanos()))
                                    .put("month", Money.dollars(spend.result().monthNanos()))
                                    .put("total", Money.dollars(spend.result().totalNanos())))
                    .put("events", events.result());
        });
    }

    private Future<JsonArray> events() {
        return store.latestEvents(clock.utc().minus(EVENTS_AGE), EVENTS).map(events -> {
            var items = new JsonArray();
            events.forEach(event -> items.add(event.toJson()));
            return items;
        });
    }

    /** The data of a snapshot frame, as text. */
    Future<String> snapshot(String topic) {
        if (topic.startsWith("job:")) {
            return job(topic.substring(4));
        }
        if (topic.startsWith("agent:")) {
            return jobs(Long.valueOf(topic.substring(6)));
        }
        return switch (topic) {
            case "jobs" -> jobs(null);
            case "queue" -> queue();
            case "events" ->
                events().map(items -> new JsonObject().put("items", items).encode());
            default -> Future.succeededFuture("{}");
        };
    }

    private Future<String> job(String id) {
        return store.byId(UUID.fromString(id))
                .map(job -> job.orElseThrow(() -> ApiException.notFound("job", id)))
                .compose(reasons::explained)
                .map(job -> new JsonObject().put("job", job.summary()).encode());
    }

    private Future<String> jobs(@org.jspecify.annotations.Nullable Long agentId) {
        return store.unfinished(agentId, SNAPSHOT_JOBS)
                .compose(reasons::explained)
                .map(jobs -> {
                    var items = new JsonArray();
                    jobs.forEach(job -> items.add(job.summary()));
                    return new JsonObject().put("items", items).encode();
                });
    }

    private Future<String> queue() {
        return store.countUnfinished().map(counts -> new JsonObject()
                .put("queued", counts.getOrDefault("queued", 0L))
                .put(
                        "running",
                        counts.getOrDefault("admitted", 0L)
                                + counts.getOrDefault("starting", 0L)
                                + counts.getOrDefault("running", 0L)
                                + counts.getOrDefault("cancelling", 0L))
                .put("retry_wait", counts.getOrDefault("retry_wait", 0L))
                .encode());
    }
}
