package dev.stationmaster.worker;

import dev.stationmaster.platform.config.Secret;
import dev.stationmaster.platform.config.SettingsReader;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Settings of a remote worker.
 *
 * @param name under which the server knows it; the same after a restart
 * @param sync how often changed checkpoints and artifacts are sent while a job runs
 * @param caFile PEM certificates to trust beside the system's
 */
public record WorkerSettings(
        URI server,
        Secret token,
        String name,
        Path dataDir,
        int slots,
        Duration sync,
        Duration grace,
        Optional<Path> caFile) {

    /** Notes what is missing or wrong in the reader's problems. */
    public static WorkerSettings read(SettingsReader r, String hostName) {
        Optional<URI> server = r.uri("worker.server_url", "http", "https");
        Optional<Secret> token = r.secret("worker.token");
        if (server.isEmpty()) {
            r.problems().add("worker.server_url", "name the server: --server https://stationmaster.example.com");
        }
        if (token.isEmpty()) {
            r.problems()
                    .add(
                            "worker.token",
                            "give a token with the role worker, from POST /api/v1/tokens, by --token-file");
        }
        String name = r.optional("worker.name").orElse(hostName).toLowerCase(java.util.Locale.ROOT);
        if (!name.matches("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")) {
            r.problems().add("worker.name", "must be like a host name, e.g. gpu-box-1, not " + name);
        }
        return new WorkerSettings(
                server.orElse(URI.create("http://localhost")),
                token.orElse(new Secret("")),
                name,
                r.path("data_dir"),
                r.integer("jobs.max_running", 1, 10_000),
                r.seconds("worker.sync_seconds", Duration.ofMillis(100), Duration.ofHours(1)),
                r.seconds("jobs.grace_seconds", Duration.ofMillis(100), Duration.ofHours(1)),
                r.optional("worker.ca_file").map(Path::of));
    }
}
