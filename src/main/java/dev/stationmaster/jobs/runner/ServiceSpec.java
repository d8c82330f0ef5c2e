package dev.stationmaster.jobs.runner;

import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * What a program that shall stay up needs beside a launch.
 *
 * @param port where it would like to listen; null: anywhere
 * @param check null: it counts as healthy while it runs
 */
public record ServiceSpec(@Nullable Integer port, @Nullable HealthCheck check) {
    /** Where containers with an address of their own listen, if nothing is wished for. */
    public static final int DEFAULT_PORT = 8080;

    /** As stored with the job. */
    public static ServiceSpec of(JsonObject json) {
        JsonObject check = json.getJsonObject("health_check");
        return new ServiceSpec(json.getInteger("port"), check == null ? null : HealthCheck.of(check));
    }

    /** For programs that share one machine's ports only by chance: the wish is the port. */
    public int ownPort() {
        return port == null ? DEFAULT_PORT : port;
    }
}
