package dev.stationmaster.gateway;

import dev.stationmaster.platform.config.SettingsReader;
import java.util.Optional;

/** The HTTP server. */
public record ServerSettings(
        String host,
        int port,
        Optional<String> publicUrl,
        int eventLoops,
        long maxBodyBytes,
        int metricsPort,
        boolean metricsPublic,
        int maxSockets) {
    private static final int MOST_LOOPS = 4;

    public static ServerSettings read(SettingsReader r) {
        int loops = r.integer("server.event_loops", 0, 64);
        return new ServerSettings(
                r.string("server.host"),
                r.integer("server.port", 0, 65_535),
                r.optional("server.public_url"),
                loops == 0 ? Math.min(MOST_LOOPS, Runtime.getRuntime().availableProcessors()) : loops,
                r.bytes("server.max_body_bytes", 1024, 1 << 30),
                r.integer("server.metrics_port", 0, 65_535),
                r.bool("server.metrics_public"),
                r.integer("server.max_sockets", 1, 1_000_000));
    }
}
