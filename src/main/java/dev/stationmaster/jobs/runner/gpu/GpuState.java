package dev.stationmaster.jobs.runner.gpu;

import io.vertx.core.json.JsonObject;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A device and who has it.
 *
 * @param job null: nobody
 */
public record GpuState(GpuDevice device, @Nullable UUID job) {
    public static final String OUT_OF_SERVICE = "out_of_service";

    /** As the API shows it. One that is out of service may still be used by who had it before. */
    public JsonObject toJson() {
        var json = new JsonObject().put("id", device.id());
        put(json, "name", device.name());
        put(json, "memory_bytes", device.memoryBytes());
        put(json, "profile", device.profile());
        json.put("state", device.fault() != null ? OUT_OF_SERVICE : job != null ? "used" : "free");
        put(json, "reason", device.fault());
        put(json, "job", job == null ? null : job.toString());
        return json;
    }

    private static void put(JsonObject json, String name, @Nullable Object value) {
        if (value != null) {
            json.put(name, value);
        }
    }
}
