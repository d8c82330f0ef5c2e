package dev.stationmaster;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The examples out of the jar, as files that a job can run. */
final class ExampleFiles {
    private static final Map<String, List<String>> FILES = Map.of(
            "digits", List.of("Train.java", "digits.csv.gz", "agent.json", "job.json"),
            "campaign", List.of("Campaign.java", "agent.json", "job.json"));

    private ExampleFiles() {}

    /** Writes them to {@code dataDir/examples} and returns that folder. */
    static Path unpack(Path dataDir) throws IOException {
        Path root = dataDir.resolve("examples");
        for (var example : FILES.entrySet()) {
            Path folder = root.resolve(example.getKey());
            Files.createDirectories(folder);
            for (String name : example.getValue()) {
                String resource = "/conf/examples/" + example.getKey() + "/" + name;
                try (InputStream in = Objects.requireNonNull(
                        ExampleFiles.class.getResourceAsStream(resource), resource + " is missing")) {
                    Files.copy(in, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        return root;
    }
}
