package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import java.util.Map;

/** Operations that set jobs aside and let them go on. */
final class PauseRoutes {
    private final PauseService pauses;

    PauseRoutes(PauseService pauses) {
        this.pauses = pauses;
    }

    Map<String, ApiHandler> handlers() {
        return Map.of("pauseJob", this::pause, "resumeJob", this::resume);
    }

    private Future<Reply> pause(ApiRequest request) {
        return pauses.pause(request.caller(), request.pathUuid("job_id"))
                .map(job -> Reply.accepted("/api/v1/jobs/" + job.id(), job.toJson(null)));
    }

    private Future<Reply> resume(ApiRequest request) {
        return pauses.resume(request.caller(), request.pathUuid("job_id"))
                .map(job -> Reply.ok(job.toJson(null)).etag(job.version()));
    }
}
