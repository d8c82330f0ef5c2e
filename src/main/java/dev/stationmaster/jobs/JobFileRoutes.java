package dev.stationmaster.jobs;

import dev.stationmaster.jobs.storage.FileContent;
import dev.stationmaster.jobs.storage.FileKind;
import dev.stationmaster.jobs.storage.FileStore;
import dev.stationmaster.jobs.storage.JobFolder;
import dev.stationmaster.jobs.storage.Piece;
import dev.stationmaster.jobs.storage.StoredFile;
import dev.stationmaster.platform.db.AuditEntry;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ApiHandler;
import dev.stationmaster.platform.web.ApiRequest;
import dev.stationmaster.platform.web.Caller;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.platform.web.Reply;
import dev.stationmaster.platform.web.Role;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Operations that answer with logs and files instead of JSON, or take files. */
final class JobFileRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(JobFileRoutes.class);

    private final JobService jobs;
    private final LogFollower logs;
    private final FileStore files;
    private final JobStores stores;

    JobFileRoutes(JobService jobs, LogFollower logs, FileStore files, JobStores stores) {
        this.jobs = jobs;
        this.logs = logs;
        this.files = files;
        this.stores = stores;
    }

    Map<String, ApiHandler> handlers() {
        return Map.of(
                "getJobLogs", this::log,
                "listJobArtifacts", request -> list(request, FileKind.ARTIFACT),
                "getJobArtifact", request -> download(request, FileKind.ARTIFACT),
                "putJobArtifact", request -> upload(request, FileKind.ARTIFACT),
                "listJobCheckpoints", request -> list(request, FileKind.CHECKPOINT),
                "getJobCheckpoint", request -> download(request, FileKind.CHECKPOINT),
                "putJobCheckpoint", request -> upload(request, FileKind.CHECKPOINT),
                "deleteJobCheckpoint", this::delete);
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

    private Future<Reply> list(ApiRequest request, FileKind kind) {
        return readable(request)
                .compose(job -> files.list(folder(job, kind)))
                .map(list -> Reply.ok(new JsonObject()
                        .put(
                                "items",
                                new JsonArray(
                                        list.stream().map(StoredFile::toJson).toList()))));
    }

    private static JobFolder folder(Job job, FileKind kind) {
        return kind.of(job.folderId(), job.id());
    }

    private Future<Reply> download(ApiRequest request, FileKind kind) {
        String name = name(request);
        return readable(request)
                .compose(job -> files.open(folder(job, kind), name))
                .map(file -> Reply.streamed(response -> send(file, name, response)));
    }

    private static Future<Void> send(FileContent file, String name, HttpServerResponse response) {
        String last = name.substring(name.lastIndexOf('/') + 1);
        response.putHeader("Content-Type", "application/octet-stream")
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader(
                        "Content-Disposition",
                        "attachment; filename=\"" + last.replaceAll("[^A-Za-z0-9._-]", "_") + "\"");
        Path path = file.path();
        if (path != null) {
            return response.sendFile(path.toString());
        }
        response.putHeader("Content-Length", Long.toString(file.sizeBytes()));
        return file.sendTo(response).compose(sent -> response.end()).recover(e -> {
            LOG.warn("A download of {} broke off: {}", name, e.toString());
            return response.reset(); // too late for another answer: the reader must see that it is not all
        });
    }

    private Future<Reply> upload(ApiRequest request, FileKind kind) {
        var piece = new Piece(
                name(request),
                request.queryLong("offset", 0),
                request.query("complete") == null || request.queryFlag("complete"),
                request.query("sha256"),
                request.bodyBytes());
        return writable(request)
                .compose(job -> files.store(folder(job, kind), piece)
                        .compose(stored -> audited(request.caller(), job, kind, stored)))
                .map(Reply::ok);
    }

    private Future<Reply> delete(ApiRequest request) {
        return writable(request)
                .compose(job -> files.delete(folder(job, FileKind.CHECKPOINT), name(request))
                        .compose(gone -> audited(
                                request.caller(),
                                job,
                                FileKind.CHECKPOINT,
                                new JsonObject()
                                        .put("name", name(request))
                                        .put("complete", true)
                                        .put("deleted", true))))
                .map(done -> Reply.noContent());
    }

    private static String name(ApiRequest request) {
        return request.path("artifact");
    }

    private Future<Job> readable(ApiRequest request) {
        UUID id = request.pathUuid("job_id");
        return request.caller().role() == Role.WORKER ? leased(request, id) : jobs.visible(request.caller(), id);
    }

    /** A program writes only as long as it is the one that runs. */
    private Future<Job> writable(ApiRequest request) {
        Caller caller = request.caller();
        UUID id = request.pathUuid("job_id");
        if (caller.role() == Role.WORKER) {
            return leased(request, id);
        }
        if (caller.role() != Role.AGENT) {
            return jobs.mine(caller, id);
        }
        return jobs.visible(caller, id).map(job -> {
            Long lease = caller.lease();
            if (caller.jobId() == null || !caller.jobId().equals(id)) {
                throw new ApiException(
                        ErrorCode.FORBIDDEN, "Only the job's own token may store its files; see STATIONMASTER_TOKEN.");
            }
            if (lease == null || lease != job.lease() || !job.state().isActive()) {
                throw RemoteReports.lost(id, lease == null ? 0 : lease);
            }
            return job;
        });
    }

    private Future<Job> leased(ApiRequest request, UUID id) {
        long lease = request.queryLong("lease", 0);
        return stores.remote()
                .held(id, lease, request.caller().userId())
                .map(found -> found.orElseThrow(() -> RemoteReports.lost(id, lease)));
    }

    /** Programs write their own files all the time; what a person puts in their place is noted. */
    private Future<JsonObject> audited(Caller caller, Job job, FileKind kind, JsonObject stored) {
        return caller.role().covers(Role.DEVELOPER) && stored.getBoolean("complete")
                ? stores.jobs()
                        .audited(new AuditEntry(
                                caller.actor(),
                                "job." + kind.wireName(),
                                "job/" + job.id(),
                                null,
                                stored.encode(),
                                caller.requestId()))
                        .map(stored)
                : Future.succeededFuture(stored);
    }
}
