package dev.stationmaster.jobs.runner.docker;

import dev.stationmaster.jobs.runner.Launch;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Where a job's folder is: on this server, for the engine, and inside the container. */
final class ContainerLayout {
    /** The job's folder inside every container. */
    static final String JOB_DIR = "/stationmaster/job";

    private final Path dataDir;
    private final DockerSettings settings;

    ContainerLayout(Path dataDir, DockerSettings settings) {
        this.dataDir = dataDir.toAbsolutePath().normalize();
        this.settings = settings;
    }

    /** What the engine is to mount. */
    String onEngine(Launch launch) {
        Path folder = launch.jobDir().toAbsolutePath().normalize();
        return settings.dataDir()
                .map(seen -> seen + "/" + dataDir.relativize(folder))
                .orElse(folder.toString());
    }

    /** {@code NAME=value}, with paths and the server's address as the program sees them. */
    List<String> env(Launch launch) {
        String folder = launch.jobDir().toString();
        Map<String, String> env = new TreeMap<>(RegistryLogin.without(launch.env()));
        env.replaceAll((name, value) -> name.startsWith("STATIONMASTER_") && value.startsWith(folder)
                ? JOB_DIR + value.substring(folder.length())
                : value);
        settings.serverUrl().ifPresent(url -> env.put("STATIONMASTER_URL", url));
        return env.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
    }

    /** Null: as the image says. A folder of the job is none of the image's. */
    @Nullable
    String workingDir(Launch launch) {
        Path wanted = launch.workingDir();
        return wanted == null || wanted.startsWith(launch.jobDir()) ? null : wanted.toString();
    }
}
