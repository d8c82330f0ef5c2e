package dev.stationmaster.worker;

import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.jobs.runner.ServiceSpec;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A launch as the server describes it, made fit for this box. */
final class LaunchOrder {
    private LaunchOrder() {}

    static Launch launch(JsonObject order, JobFolders folders, String serverUrl) {
        JsonObject limits = order.getJsonObject("limits");
        Map<String, String> given = new HashMap<>();
        order.getJsonObject("env").forEach(entry -> given.put(entry.getKey(), String.valueOf(entry.getValue())));
        return new Launch(
                UUID.fromString(order.getString("job_id")),
                order.getLong("lease"),
                order.getInteger("attempt"),
                0,
                order.getInteger("replicas"),
                order.getString("image"),
                order.getJsonArray("command").stream().map(Object::toString).toList(),
                folders.env(given, serverUrl),
                workingDir(order, folders),
                folders.job(),
                new Resources(
                        limits.getLong("cpu_millis"),
                        limits.getLong("memory_bytes"),
                        limits.getInteger("gpus"),
                        limits.getLong("storage_bytes")),
                seconds(order.getDouble("timeout_seconds")),
                Duration.ofMillis((long) (order.getDouble("grace_seconds") * 1000)),
                order.getString("spec"),
                service(order.getJsonObject("service")));
    }

    private static @Nullable ServiceSpec service(@Nullable JsonObject service) {
        return service == null ? null : ServiceSpec.of(service);
    }

    private static Path workingDir(JsonObject order, JobFolders folders) {
        String named = order.getString("working_dir");
        return named == null ? folders.attempt() : Path.of(named);
    }

    private static @Nullable Duration seconds(@Nullable Double seconds) {
        return seconds == null ? null : Duration.ofMillis((long) (seconds * 1000));
    }
}
