package dev.stationmaster.jobs;

import java.nio.file.Path;

/** What a job leaves: state to go on from, which all its attempts share, and results. */
enum FileKind {
    CHECKPOINT,
    ARTIFACT;

    /** @param jobs the folder of all jobs */
    Path folder(Path jobs, Job job) {
        Path own = jobs.resolve(job.folderId().toString());
        return this == CHECKPOINT ? own.resolve("checkpoints") : LaunchPreparer.artifacts(own, job);
    }
}
