package dev.stationmaster.jobs;

import dev.stationmaster.jobs.storage.FileKind;
import dev.stationmaster.jobs.storage.FileStore;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes the checkpoints of jobs that are over. */
final class CheckpointFolders {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointFolders.class);

    private final FileStore files;

    CheckpointFolders(FileStore files) {
        this.files = files;
    }

    /** Returns the jobs whose checkpoints this server has, or had. */
    Future<List<UUID>> clear(List<Job> idle) {
        var cleared = new ArrayList<UUID>();
        Future<Void> done = Future.succeededFuture();
        for (Job job : idle) {
            done = done.compose(x -> files.clear(FileKind.CHECKPOINT.of(job.folderId(), job.id())))
                    .onSuccess(count -> count.ifPresent(some -> cleared.add(job.id())))
                    .<Void>mapEmpty()
                    .recover(e -> {
                        LOG.warn("Checkpoints of {} stay: {}", job.id(), e.toString());
                        return Future.succeededFuture();
                    });
        }
        return done.map(x -> List.copyOf(cleared));
    }
}
