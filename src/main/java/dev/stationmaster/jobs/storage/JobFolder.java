package dev.stationmaster.jobs.storage;

import java.nio.file.Path;
import java.util.UUID;

/**
 * Where a job's files of one kind are.
 *
 * @param path below the folder that the job shares with its retries
 */
public record JobFolder(FileKind kind, UUID folderId, String path) {
    /** @param jobs the folder of all jobs */
    public Path in(Path jobs) {
        return jobs.resolve(folderId.toString()).resolve(path);
    }

    /** What the keys of its files begin with. */
    String keyPrefix() {
        return folderId + "/" + path + "/";
    }
}
