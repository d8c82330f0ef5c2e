package dev.stationmaster.jobs.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** Which jobs have files on this server that the shared storage may lack. Kept on disk, out of the reach of programs; blocks. */
public final class UnsentMarks {
    private static final int MOST = 1_000;
    private static final String ENDING = ".unsent";

    /** @param folderId whose folder the job shares */
    public record Mark(UUID folderId, UUID jobId) {}

    private final Path folder;

    public UnsentMarks(Path folder) {
        this.folder = folder;
    }

    public Path folder() {
        return folder;
    }

    private Path file(UUID folderId, UUID jobId) {
        return folder.resolve(folderId.toString()).resolve(jobId + ENDING);
    }

    public void set(UUID folderId, UUID jobId) throws IOException {
        Path file = file(folderId, jobId);
        Files.createDirectories(folder.resolve(folderId.toString()));
        Files.write(file, new byte[0]);
    }

    public void clear(UUID folderId, UUID jobId) throws IOException {
        Files.deleteIfExists(file(folderId, jobId));
    }

    public List<Mark> all() throws IOException {
        var marks = new ArrayList<Mark>();
        if (!Files.isDirectory(folder)) {
            return marks;
        }
        try (Stream<Path> files = Files.walk(folder, 2)) {
            files.filter(file -> file.getFileName().toString().endsWith(ENDING))
                    .limit(MOST)
                    .forEach(file -> {
                        String job = file.getFileName().toString();
                        marks.add(new Mark(
                                UUID.fromString(
                                        folder.relativize(file).getName(0).toString()),
                                UUID.fromString(job.substring(0, job.length() - ENDING.length()))));
                    });
        }
        return marks;
    }
}
