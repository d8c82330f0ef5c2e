package dev.stationmaster.jobs;

import dev.stationmaster.jobs.runner.Usage;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a worker says that it holds. Immutable. */
final class HeldLeases {
    static final String STOP = "stop";
    static final String PREEMPT = "preempt";
    static final String FENCE = "fence";

    private final Map<UUID, JsonObject> byJob;

    private HeldLeases(Map<UUID, JsonObject> byJob) {
        this.byJob = byJob;
    }

    static HeldLeases of(JsonArray attempts) {
        Map<UUID, JsonObject> byJob = new LinkedHashMap<>();
        for (int i = 0; i < attempts.size(); i++) {
            JsonObject one = attempts.getJsonObject(i);
            // of two leases of one job only the newer can be valid
            byJob.merge(
                    UUID.fromString(one.getString("job_id")),
                    one,
                    (a, b) -> a.getLong("lease") > b.getLong("lease") ? a : b);
        }
        return new HeldLeases(byJob);
    }

    Map<UUID, Long> leases() {
        Map<UUID, Long> leases = new HashMap<>();
        byJob.forEach((id, one) -> leases.put(id, one.getLong("lease")));
        return leases;
    }

    boolean holds(Job job) {
        JsonObject one = byJob.get(job.id());
        return one != null && one.getLong("lease") == job.lease();
    }

    /** Which order it follows already. */
    @Nullable
    String ordered(UUID jobId) {
        JsonObject one = byJob.get(jobId);
        return one == null ? null : one.getString("ordered");
    }

    /** Held, but not by right. */
    Map<UUID, Long> without(List<Job> rightful) {
        Map<UUID, Long> rest = leases();
        rightful.stream().filter(this::holds).forEach(job -> rest.remove(job.id()));
        return rest;
    }

    /** Null where nothing was measured. */
    @Nullable
    Usage usage(Job job) {
        JsonObject one = byJob.getOrDefault(job.id(), new JsonObject());
        return one.containsKey("cpu_cores") || one.containsKey("memory_bytes")
                ? new Usage(one.getDouble("cpu_cores"), one.getLong("memory_bytes"))
                : null;
    }
}
