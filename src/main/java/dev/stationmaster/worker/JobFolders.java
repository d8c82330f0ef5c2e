package dev.stationmaster.worker;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/** Where one attempt has its files on this box. */
record JobFolders(Path job, Path checkpoints, Path artifacts, Path attempt) {
    static JobFolders of(Path dataDir, JsonObject launch) {
        Path job = dataDir.toAbsolutePath().normalize().resolve("jobs").resolve(launch.getString("folder_id"));
        return new JobFolders(
                job,
                job.resolve("checkpoints"),
                job.resolve("artifacts").resolve(launch.getString("job_id")),
                job.resolve("attempt-" + launch.getString("job_id") + "-" + launch.getInteger("attempt")));
    }

    Path preemptFile() {
        return attempt.resolve("preempt.json");
    }

    /** Anew: what the server has stored is what counts. Blocks. */
    void make(String spec) throws IOException {
        deleteTree(job);
        Files.createDirectories(checkpoints);
        Files.createDirectories(artifacts);
        Files.createDirectories(attempt);
        Files.writeString(attempt.resolve("spec.json"), spec);
    }

    /** The environment that the server can't know. */
    Map<String, String> env(Map<String, String> given, String serverUrl) {
        Map<String, String> env = new HashMap<>(given);
        env.put("STATIONMASTER_SPEC", attempt.resolve("spec.json").toString());
        env.put("STATIONMASTER_CHECKPOINT_DIR", checkpoints.toString());
        env.put("STATIONMASTER_ARTIFACT_DIR", artifacts.toString());
        env.put("STATIONMASTER_PREEMPT_FILE", preemptFile().toString());
        env.put("STATIONMASTER_URL", serverUrl);
        return env;
    }

    /** Links are deleted, never followed. Blocks. */
    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
