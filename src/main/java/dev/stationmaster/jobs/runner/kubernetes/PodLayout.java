package dev.stationmaster.jobs.runner.kubernetes;

import dev.stationmaster.jobs.runner.Launch;
import dev.stationmaster.jobs.runner.ServiceSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a program finds where: paths in its container, its environment, its command. */
final class PodLayout {
    static final String JOB_DIR = "/stationmaster/job";
    static final String FILES_DIR = "/stationmaster/files";
    static final String SPEC = "spec.json";
    static final String PREEMPT = "preempt.json";

    private final KubernetesSettings settings;

    PodLayout(KubernetesSettings settings) {
        this.settings = settings;
    }

    Map<String, String> env(Launch launch) {
        String folder = launch.jobDir().toString();
        Map<String, String> env = new TreeMap<>(launch.env());
        env.replaceAll((name, value) -> name.startsWith("STATIONMASTER_") && value.startsWith(folder)
                ? JOB_DIR + value.substring(folder.length())
                : value);
        env.put("STATIONMASTER_SPEC", FILES_DIR + "/" + SPEC);
        env.put("STATIONMASTER_PREEMPT_FILE", FILES_DIR + "/" + PREEMPT);
        ServiceSpec service = launch.service();
        if (service != null) { // each pod has an address of its own
            env.put("PORT", Integer.toString(service.ownPort()));
            env.put("STATIONMASTER_PORT", Integer.toString(service.ownPort()));
        }
        settings.serverUrl().ifPresent(url -> env.put("STATIONMASTER_URL", url));
        return env;
    }

    /** Folders of the job that the program may write to, by the names of their variables, relative to the job's folder. */
    static Map<String, String> folders(Launch launch) {
        Map<String, String> folders = new TreeMap<>();
        for (String name : List.of("STATIONMASTER_CHECKPOINT_DIR", "STATIONMASTER_ARTIFACT_DIR")) {
            String path = launch.env().get(name);
            if (path != null && Path.of(path).startsWith(launch.jobDir())) {
                folders.put(name, launch.jobDir().relativize(Path.of(path)).toString());
            }
        }
        return folders;
    }

    /** Where a folder of the job is in its volume: a claim is shared by all jobs. */
    String subPath(Launch launch, String folder) {
        String prefix = settings.volumePath().replaceAll("^/+|/+$", "");
        return settings.volumeClaim().isEmpty()
                ? folder
                : (prefix.isEmpty() ? "" : prefix + "/") + launch.jobDir().getFileName() + "/" + folder;
    }

    /** Kubernetes replaces {@code $(NAME)} in commands and halves {@code $$}; a program must get what its agent says. */
    static List<String> literally(List<String> command) {
        return command.stream().map(part -> part.replace("$", "$$")).toList();
    }

    /** Null: as the image says. A folder of the job is none of the image's. */
    static @Nullable String workingDir(Launch launch) {
        Path wanted = launch.workingDir();
        return wanted == null || wanted.startsWith(launch.jobDir()) ? null : wanted.toString();
    }
}
