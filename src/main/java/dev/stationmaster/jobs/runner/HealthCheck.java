package dev.stationmaster.jobs.runner;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * How a program is asked whether it is well.
 *
 * @param path of an HTTP check
 * @param command of a command check: program and arguments
 * @param failureThreshold so many failures in a row make it unhealthy
 * @param successThreshold so many successes in a row make it healthy
 * @param initialDelay before the first look
 */
public record HealthCheck(
        Type type,
        String path,
        List<String> command,
        Duration interval,
        Duration timeout,
        int failureThreshold,
        int successThreshold,
        Duration initialDelay) {
    /** What is looked at: a status from 200 to 399, an open port, an exit code of 0. */
    public enum Type {
        HTTP,
        TCP,
        COMMAND
    }

    public HealthCheck {
        command = List.copyOf(command);
    }

    static HealthCheck of(JsonObject json) {
        return new HealthCheck(
                Type.valueOf(json.getString("type").toUpperCase(Locale.ROOT)),
                json.getString("path", "/"),
                json.getJsonArray("command", new JsonArray()).stream()
                        .map(String::valueOf)
                        .toList(),
                seconds(json, "interval_seconds", 10),
                seconds(json, "timeout_seconds", 2),
                json.getInteger("failure_threshold", 3),
                json.getInteger("success_threshold", 1),
                seconds(json, "initial_delay_seconds", 0));
    }

    private static Duration seconds(JsonObject json, String name, double fallback) {
        return Duration.ofMillis(Math.round(json.getDouble(name, fallback) * 1000));
    }
}
