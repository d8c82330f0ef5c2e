package dev.stationmaster.jobs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Empties the checkpoint folders of jobs on this server. Blocking. Links are deleted, never followed. */
final class CheckpointFolders {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointFolders.class);

    private final Path jobs;

    CheckpointFolders(Path dataDir) {
        this.jobs = dataDir.toAbsolutePath().normalize().resolve("jobs");
    }

    /** Returns the jobs whose folder is here and empty now. */
    List<UUID> clear(List<Job> idle) {
        var cleared = new ArrayList<UUID>();
        for (Job job : idle) {
            Path folder = jobs.resolve(job.folderId().toString()).resolve("checkpoints");
            try {
                if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) { // else it is another server's, or never was
                    empty(folder);
                    cleared.add(job.id());
                }
            } catch (IOException e) {
                LOG.warn("Checkpoints of {} stay: {}", job.id(), e.toString());
            }
        }
        return cleared;
    }

    private static void empty(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!file.equals(folder)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
