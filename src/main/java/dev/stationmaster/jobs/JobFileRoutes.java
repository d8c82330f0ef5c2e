package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Reply;
import io.vertx.core.Future;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Operations that answer with logs and files instead of JSON. */
final class JobFileRoutes {
    private final JobService jobs;
    private final LogFollower logs;
    private final Artifacts artifacts;

    JobFileRoutes(JobService jobs, LogFollower logs, Artifacts artifacts) {
        this.jobs = jobs;
        this.logs = logs;
        this.artifacts = artifacts;
    }

    Map<String, ApiHandler> handlers() {
        return Map.of(
                "getJobLogs", this::log,
                "listJobArtifacts", this::list,
                "getJobArtifact", this::download);
    }

    private Future<Reply> log(ApiRequest request) {
        long offset = request.queryLong("offset", 0);
        return jobs.visible(request.caller(), request.pathUuid("job_id")).map(job -> {
            if (request.queryFlag("follow")) {
                return Reply.streamed(response -> {
                    response.putHeader("Content-Type", "text/plain; charset=utf-8")
                            .putHeader("Cache-Control", "no-store")
                            .putHeader("X-Content-Type-Options", "nosniff")
                            .setChunked(true);
                    return logs.follow(job, offset, response);
                });
            }
            long limit = request.queryLong("limit_bytes", 1 << 20);
            return Reply.streamed(response -> logs.read(job, offset, limit)
                    .compose(text -> response.putHeader("Content-Type", "text/plain; charset=utf-8")
                            .putHeader("Cache-Control", "no-store")
                            .putHeader("X-Content-Type-Options", "nosniff")
                            .putHeader("X-Next-Offset", Long.toString(offset + text.length()))
                            .end(text)));
        });
    }

    private Future<Reply> list(ApiRequest request) {
        return jobs.visible(request.caller(), request.pathUuid("job_id"))
                .compose(artifacts::list)
                .map(Reply::ok);
    }

    private Future<Reply> download(ApiRequest request) {
        String name = URLDecoder.decode(request.path("artifact"), StandardCharsets.UTF_8);
        return jobs.visible(request.caller(), request.pathUuid("job_id"))
                .compose(job -> artifacts.find(job, name))
                .map(file -> Reply.streamed(response -> response.putHeader("Content-Type", "application/octet-stream")
                        .putHeader("X-Content-Type-Options", "nosniff")
                        .putHeader(
                                "Content-Disposition",
                                "attachment; filename=\""
                                        + file.getFileName().toString().replaceAll("[^A-Za-z0-9._-]", "_") + "\"")
                        .sendFile(file.toString())));
    }
}
