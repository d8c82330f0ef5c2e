package dev.stationmaster.jobs.queues;

import dev.stationmaster.platform.config.Quantity;
import io.vertx.core.json.JsonObject;

/** How many jobs of a queue wait and run, and what the running ones hold. */
record QueueLoad(long waiting, long running, long cpuMillis, long memoryBytes, long gpus, long storageBytes) {
    static final QueueLoad NONE = new QueueLoad(0, 0, 0, 0, 0, 0);

    JsonObject toJson() {
        return new JsonObject()
                .put("waiting_jobs", waiting)
                .put("running_jobs", running)
                .put(
                        "used",
                        new JsonObject()
                                .put("cpu", Quantity.ofMillis(cpuMillis))
                                .put("memory", Quantity.ofBytes(memoryBytes))
                                .put("gpu", Long.toString(gpus))
                                .put("storage", Quantity.ofBytes(storageBytes))
                                .put("jobs", running));
    }
}
