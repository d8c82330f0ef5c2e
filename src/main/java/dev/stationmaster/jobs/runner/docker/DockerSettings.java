package dev.stationmaster.jobs.runner.docker;

import dev.stationmaster.jobs.runner.Resources;
import dev.stationmaster.platform.config.SettingsReader;
import java.time.Duration;
import java.util.Optional;

/**
 * How containers are run.
 *
 * @param host of the engine's API, {@code unix:///…} or {@code tcp://…}; empty: where Docker listens by default
 * @param certFolder holds {@code ca.pem}, {@code cert.pem} and {@code key.pem}; empty: no TLS
 * @param network of containers, e.g. {@code bridge}, {@code none}, {@code host} or one by name
 * @param readOnlyRoot containers may write to {@code /tmp} and to the job's folder only
 * @param capabilities whether containers keep the kernel capabilities that the engine gives by default
 * @param init whether the engine's init runs the program, which passes signals on and reaps processes
 * @param user whom the program runs as; empty: as the image says
 * @param maxPids processes and threads of one container
 * @param tmpBytes size of {@code /tmp}, which counts as memory
 * @param dataDir this server's data folder as the engine sees it; empty: by the same path
 * @param serverUrl this server as containers reach it; empty: its public URL
 * @param capacity negative: as the engine says
 * @param pullTimeout an image that is not there by then is a failure
 */
public record DockerSettings(
        boolean enabled,
        Optional<String> host,
        Optional<String> certFolder,
        String network,
        boolean readOnlyRoot,
        boolean capabilities,
        boolean init,
        Optional<String> user,
        int maxPids,
        long tmpBytes,
        Optional<String> dataDir,
        Optional<String> serverUrl,
        Resources capacity,
        Duration pullTimeout) {
    /** Find out. */
    public static final long UNKNOWN = -1;

    public static DockerSettings read(SettingsReader r) {
        boolean cpu = r.optional("runners.docker_cpu").isPresent();
        boolean memory = r.optional("runners.docker_memory").isPresent();
        return new DockerSettings(
                r.bool("runners.docker_enabled"),
                r.optional("runners.docker_host"),
                r.optional("runners.docker_cert_path"),
                r.string("runners.docker_network"),
                r.bool("runners.docker_read_only_root"),
                r.bool("runners.docker_keep_capabilities"),
                r.bool("runners.docker_init"),
                r.optional("runners.docker_user"),
                r.integer("runners.docker_max_pids", 1, 1_000_000),
                r.bytes("runners.docker_tmp_size", 0, 1L << 40),
                r.optional("runners.docker_data_dir"),
                r.optional("runners.docker_server_url"),
                new Resources(
                        cpu ? r.quantity("runners.docker_cpu").movePointRight(3).longValue() : UNKNOWN,
                        memory ? r.quantity("runners.docker_memory").longValue() : UNKNOWN,
                        r.integer("runners.docker_gpus", 0, 1_000),
                        1_000_000_000_000_000L),
                r.seconds("runners.docker_pull_timeout_seconds", Duration.ofSeconds(1), Duration.ofDays(1)));
    }
}
