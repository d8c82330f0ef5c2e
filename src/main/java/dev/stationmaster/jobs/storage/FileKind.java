package dev.stationmaster.jobs.storage;

import java.util.Locale;
import java.util.UUID;

/** What a job leaves: state to go on from, which all its attempts and retries share, and results of its own. */
public enum FileKind {
    CHECKPOINT,
    ARTIFACT;

    /** @param folderId whose folder it is: the first job of a chain of retries */
    public JobFolder of(UUID folderId, UUID jobId) {
        return new JobFolder(this, folderId, this == CHECKPOINT ? "checkpoints" : "artifacts/" + jobId);
    }

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
