package dev.stationmaster.policies;

import dev.stationmaster.platform.config.Problems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Reads a folder of policies, one a file. Blocking; used while starting. */
final class PolicyFiles {
    private static final int MAX_BYTES = 65_536;

    private PolicyFiles() {}

    /** What can be read, in order of file names; the rest are problems with file, line and reason. */
    static List<PolicyFile> read(Path folder, Problems problems) {
        List<Path> paths = list(folder, problems);
        if (paths.size() > PolicyStore.MAX_POLICIES) {
            problems.add(folder.toString(), "holds more than " + PolicyStore.MAX_POLICIES + " policies");
            return List.of();
        }
        var files = new ArrayList<PolicyFile>();
        Map<String, Path> names = new HashMap<>();
        for (Path path : paths) {
            new PolicyFileReader(path.toString(), problems)
                    .read(text(path, problems))
                    .ifPresent(draft -> {
                        Path other = names.putIfAbsent(draft.name(), path);
                        if (other != null) {
                            problems.add(path.toString(), "names a policy " + draft.name() + " as " + other + " does");
                        }
                        files.add(new PolicyFile(path.toString(), draft));
                    });
        }
        return files;
    }

    private static List<Path> list(Path folder, Problems problems) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(path ->
                            path.toString().endsWith(".yaml") || path.toString().endsWith(".yml"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            problems.add(folder.toString(), "can't be read: " + e.getMessage());
            return List.of();
        }
    }

    private static String text(Path path, Problems problems) {
        try {
            if (Files.size(path) <= MAX_BYTES) {
                return Files.readString(path);
            }
            problems.add(path.toString(), "is larger than " + MAX_BYTES + " bytes");
        } catch (IOException e) {
            problems.add(path.toString(), "can't be read: " + e.getMessage());
        }
        return "";
    }
}
