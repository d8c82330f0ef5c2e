package dev.stationmaster.jobs.storage;

import dev.stationmaster.jobs.storage.RetentionStore.Ended;
import dev.stationmaster.jobs.storage.StorageSettings.Keep;
import dev.stationmaster.platform.db.Database;
import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes files of jobs that are long over. Goes through the folders that there are, some at each round, and asks PostgreSQL
 * which may go: what may still be gone on with is never touched. Bound to one event loop.
 */
public final class RetentionService {
    private static final Logger LOG = LoggerFactory.getLogger(RetentionService.class);
    private static final int FOLDERS = 500;

    private final FileStore files;
    private final RetentionStore store;
    private final Clock clock;
    private final Keep keep;
    private final boolean tells;
    private String after = "";
    private boolean running;

    /** @param tells whether jobs are told by an event; not for copies */
    public RetentionService(FileStore files, Database database, Clock clock, Keep keep, boolean tells) {
        this.files = files;
        this.store = new RetentionStore(database);
        this.clock = clock;
        this.keep = keep;
        this.tells = tells;
    }

    /** One round. */
    public Future<Void> sweep() {
        boolean keepsAll = keep.checkpoints().isZero() && keep.artifacts().isZero() && keep.newest() == 0;
        if (running || keepsAll) {
            return Future.succeededFuture();
        }
        running = true;
        return files.folders(after, FOLDERS)
                .compose(found -> {
                    after = found.size() < FOLDERS
                            ? ""
                            : found.get(found.size() - 1).toString();
                    return found.isEmpty() ? Future.succeededFuture(List.<Ended>of()) : store.ended(found);
                })
                .compose(this::each)
                .onComplete(done -> running = false);
    }

    private Future<Void> each(List<Ended> ended) {
        Future<Void> done = Future.succeededFuture();
        for (Ended folder : ended) {
            if (mayHaveOldFiles(folder)) {
                done = done.compose(x -> stillEnded(folder)).recover(e -> {
                    LOG.warn("Files of {} stay for now: {}", folder.folderId(), e.toString());
                    return Future.succeededFuture();
                });
            }
        }
        return done;
    }

    private boolean mayHaveOldFiles(Ended folder) {
        return keep.newest() > 0 || isOver(folder, keep.checkpoints()) || isOver(folder, keep.artifacts());
    }

    /** A retry may have been submitted since the round began. */
    private Future<Void> stillEnded(Ended folder) {
        return store.ended(List.of(folder.folderId()))
                .compose(now -> now.contains(folder) ? clean(folder) : Future.succeededFuture());
    }

    private boolean isOver(Ended folder, Duration kept) {
        return !kept.isZero() && folder.at().plus(kept).isBefore(clock.utc());
    }

    private Future<Void> clean(Ended folder) {
        UUID first = folder.folderId();
        JobFolder checkpoints = FileKind.CHECKPOINT.of(first, first);
        Future<Void> done = isOver(folder, keep.checkpoints())
                ? clear(checkpoints, newest(folder), "checkpoint_retention", keep.checkpoints())
                : keep.newest() > 0 ? thin(checkpoints, newest(folder)) : Future.succeededFuture();
        if (isOver(folder, keep.artifacts())) {
            for (UUID job : folder.jobs()) {
                done = done.compose(
                        x -> clear(FileKind.ARTIFACT.of(first, job), job, "artifact_retention", keep.artifacts()));
            }
        }
        return done;
    }

    /** Ids rise with time. */
    private static UUID newest(Ended folder) {
        return folder.jobs().stream().max(Comparator.comparing(UUID::toString)).orElse(folder.folderId());
    }

    private Future<Void> clear(JobFolder folder, UUID job, String reason, Duration kept) {
        return files.clear(folder)
                .compose(count -> count.orElse(0) == 0
                        ? Future.succeededFuture()
                        : told(
                                job,
                                reason,
                                count.getAsInt() + " " + folder.kind().wireName() + " files were deleted, "
                                        + kept.toDays() + " days after its end."));
    }

    /** A checkpoint is a file, or a folder with all its files. */
    private Future<Void> thin(JobFolder folder, UUID job) {
        return files.list(folder).compose(list -> {
            Set<String> kept = newest(list, keep.newest());
            List<StoredFile> old = list.stream()
                    .filter(file -> !kept.contains(top(file.name())))
                    .toList();
            Future<Void> done = Future.succeededFuture();
            for (StoredFile file : old) {
                done = done.compose(x -> files.delete(folder, file.name()));
            }
            return done.compose(x -> old.isEmpty()
                    ? Future.succeededFuture()
                    : told(
                            job,
                            "keep_checkpoints",
                            old.size() + " checkpoint files were deleted; the newest " + keep.newest() + " stay."));
        });
    }

    static Set<String> newest(List<StoredFile> files, int count) {
        Map<String, Instant> written = new HashMap<>();
        files.forEach(file -> written.merge(top(file.name()), file.modifiedAt(), (a, b) -> a.isAfter(b) ? a : b));
        return written.entrySet().stream()
                .sorted(Map.Entry.<String, Instant>comparingByValue()
                        .thenComparing(Map.Entry.comparingByKey())
                        .reversed())
                .limit(count)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    private static String top(String name) {
        int slash = name.indexOf('/');
        return slash < 0 ? name : name.substring(0, slash);
    }

    private Future<Void> told(UUID job, String reason, String message) {
        LOG.info("Job {}: {}", job, message);
        return tells ? store.note(job, clock.utc(), reason, message) : Future.succeededFuture();
    }
}
