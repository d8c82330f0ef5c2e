package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.Times;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Jobs that were submitted together.
 *
 * @param keys their names in the submission
 * @param jobIds in the order of {@code keys}, each after those that it waits for
 */
record JobGraph(
        UUID id,
        String name,
        UUID ownerId,
        String owner,
        List<String> keys,
        List<UUID> jobIds,
        OffsetDateTime createdAt) {
    JobGraph {
        keys = List.copyOf(keys);
        jobIds = List.copyOf(jobIds);
    }

    /** What the submission answers. */
    JsonObject ids() {
        var jobs = new JsonObject();
        for (int i = 0; i < keys.size(); i++) {
            jobs.put(keys.get(i), jobIds.get(i).toString());
        }
        return new JsonObject().put("id", id.toString()).put("name", name).put("jobs", jobs);
    }

    /** @param jobs as they are now */
    JsonObject toJson(List<Job> jobs) {
        Map<UUID, Job> byId = new HashMap<>();
        jobs.forEach(job -> byId.put(job.id(), job));
        Map<UUID, String> names = new HashMap<>();
        for (int i = 0; i < keys.size(); i++) {
            names.put(jobIds.get(i), keys.get(i));
        }
        var items = new JsonArray();
        var edges = new JsonArray();
        for (UUID jobId : jobIds) {
            Job job = byId.get(jobId);
            if (job == null) {
                continue;
            }
            items.add(job.summary().put("key", names.get(jobId)));
            for (UUID other : job.starts().dependsOn()) {
                edges.add(new JsonObject()
                        .put("from", names.getOrDefault(other, other.toString()))
                        .put("to", names.get(jobId)));
            }
        }
        return new JsonObject()
                .put("id", id.toString())
                .put("name", name)
                .put("owner", owner)
                .put("state", state(jobs))
                .put("created_at", Times.iso(createdAt))
                .put("jobs", items)
                .put("edges", edges);
    }

    /** Of all together: running until the last has ended. */
    static String state(List<Job> jobs) {
        if (jobs.stream().anyMatch(job -> !job.state().isFinal())) {
            return "running";
        }
        if (jobs.stream().allMatch(job -> job.state() == JobState.SUCCEEDED)) {
            return "succeeded";
        }
        return jobs.stream().anyMatch(job -> job.state() == JobState.FAILED) ? "failed" : "cancelled";
    }
}
