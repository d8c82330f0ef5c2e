package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Reply;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/** Operations of dead letters. */
final class DeadLetterRoutes {
    private final DeadLetterService letters;

    DeadLetterRoutes(DeadLetterService letters) {
        this.letters = letters;
    }

    Map<String, ApiHandler> handlers() {
        return Map.of(
                "listDeadLetters",
                this::list,
                "redriveDeadLetters",
                request -> letters.redrive(request.caller(), request.body()).map(Reply::ok),
                "discardDeadLetters",
                request -> letters.discard(request.caller(), request.body()).map(Reply::ok));
    }

    private Future<Reply> list(ApiRequest request) {
        var filter = DeadLetterService.filter(
                request.caller(),
                request.query("queue"),
                request.queryLong("agent_id"),
                request.query("owner"),
                request.query("reason"));
        return letters.list(filter, request.limit(), request.cursor())
                .map(page -> Reply.ok(page.toJson(DeadLetterRoutes::json)));
    }

    private static JsonObject json(Job job) {
        return new JsonObject()
                .put("id", job.id().toString())
                .put("attempts", job.attempt())
                .put("reason", job.reason())
                .put("message", job.message())
                .put("exit_code", job.exitCode())
                .put("failed_at", Times.iso(job.finishedAt()))
                .put("job", job.summary());
    }
}
