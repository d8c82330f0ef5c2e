package dev.stationmaster.jobs;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.workers.RemoteWorker;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.Times;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** A remote worker as people see it: with what runs there. */
final class WorkerView {
    private final RemoteStore remote;
    private final Clock clock;

    WorkerView(RemoteStore remote, Clock clock) {
        this.remote = remote;
        this.clock = clock;
    }

    Future<JsonObject> json(RemoteWorker worker) {
        return remote.ofWorker(worker.name()).map(jobs -> json(worker, jobs));
    }

    private JsonObject json(RemoteWorker worker, List<Job> jobs) {
        var running = new JsonArray();
        Resources used = Resources.NONE;
        for (Job job : jobs) {
            used = used.plus(job.held());
            running.add(new JsonObject()
                    .put("id", job.id().toString())
                    .put("name", job.name())
                    .put("agent_name", job.agentName())
                    .put("state", job.state().wireName())
                    .put("resource_requirements", Job.resourcesJson(job.held())));
        }
        boolean silent = worker.seenAt().isBefore(clock.utc().minus(SnapshotReader.SEEN));
        return new JsonObject()
                .put("name", worker.name())
                .put("state", silent ? "offline" : worker.state().wireName())
                .put("version", worker.version())
                .put("owner", worker.owner())
                .put("address", worker.address())
                .put("runners", new JsonArray(worker.runners()))
                .put("slots", worker.slots())
                .put("capacity", Job.resourcesJson(worker.capacity()))
                .put("used", Job.resourcesJson(used))
                .put("gpus", GpuViews.of(worker))
                .put("load", worker.load())
                .put("running_jobs", jobs.size())
                .put("jobs", running)
                .put("labels", worker.labels())
                .put("registered_at", Times.iso(worker.registeredAt()))
                .put("seen_at", Times.iso(worker.seenAt()));
    }
}
