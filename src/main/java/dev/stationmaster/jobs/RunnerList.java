package dev.stationmaster.jobs;

import dev.stationmaster.jobs.Placement.RunnerInfo;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** The answer of GET /runners. */
final class RunnerList {
    private RunnerList() {}

    static JsonObject json(String worker, List<RunnerInfo> runners, RunningAttempts running) {
        var items = new JsonArray();
        for (RunnerInfo runner : runners) {
            items.add(new JsonObject()
                    .put("name", runner.name())
                    .put("simulated", runner.simulated())
                    .put("worker", worker)
                    .put("capacity", Job.resourcesJson(runner.capacity()))
                    .put("used", Job.resourcesJson(running.used(runner.name())))
                    .put("running_jobs", running.sizeOn(runner.name())));
        }
        return new JsonObject().put("items", items);
    }
}
