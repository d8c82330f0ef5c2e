package dev.stationmaster.jobs;

import dev.stationmaster.jobs.runner.LaunchException;
import dev.stationmaster.jobs.storage.FileKind;
import dev.stationmaster.jobs.storage.FileStore;
import dev.stationmaster.jobs.storage.FolderSync;
import dev.stationmaster.jobs.storage.JobFolder;
import dev.stationmaster.jobs.storage.UnsentMarks;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the files of attempts on this server from the shared storage and to it; does nothing where there is none. Bound to
 * the worker's event loop.
 */
final class AttemptFiles {
    private static final Logger LOG = LoggerFactory.getLogger(AttemptFiles.class);
    /** Whose programs write to the job's folder on this server. */
    private static final Set<String> RUNNERS = Set.of("process", "docker");

    private static final int TRIES = 3;
    private static final long PAUSE_MS = 500;

    private final Vertx vertx;
    private final Clock clock;
    private final FileStore store;
    private final JobStore jobs;
    private final RunningAttempts running;
    private final Path folder;
    private final UnsentMarks marks;
    /** Of attempts that run, and of those that are sent late. */
    private final Map<UUID, Folders> syncing = new HashMap<>();

    private record Folders(UUID folderId, UUID jobId, FolderSync checkpoints, FolderSync artifacts) {
        Future<Void> send(boolean ended) {
            return both(checkpoints.send(ended), artifacts.send(ended));
        }

        Future<Void> sendLeft() {
            return both(checkpoints.sendLeft(), artifacts.sendLeft());
        }

        private static Future<Void> both(Future<Void> a, Future<Void> b) {
            return Future.join(a, b).mapEmpty();
        }
    }

    AttemptFiles(Vertx vertx, Clock clock, FileStore store, Path dataDir, JobStore jobs, RunningAttempts running) {
        this.vertx = vertx;
        this.clock = clock;
        this.store = store;
        this.jobs = jobs;
        this.running = running;
        Path data = dataDir.toAbsolutePath().normalize();
        this.folder = data.resolve("jobs");
        this.marks = new UnsentMarks(data.resolve("sync"));
    }

    private boolean applies(Job job) {
        return store.shared() && RUNNERS.contains(job.runner());
    }

    private Folders folders(UUID folderId, UUID jobId) {
        return syncing.computeIfAbsent(
                jobId,
                id -> new Folders(
                        folderId,
                        jobId,
                        sync(FileKind.CHECKPOINT.of(folderId, jobId)),
                        sync(FileKind.ARTIFACT.of(folderId, jobId))));
    }

    private FolderSync sync(JobFolder of) {
        return new FolderSync(vertx, clock, store, of, folder, marks.folder());
    }

    /** Before a program starts: what earlier attempts left elsewhere. */
    Future<Void> before(Attempt attempt) {
        Job job = attempt.job;
        if (!applies(job)) {
            return Future.succeededFuture();
        }
        Folders folders = folders(job.folderId(), job.id());
        return blocking(() -> marks.set(job.folderId(), job.id()))
                .compose(marked -> repeatedly(TRIES, folders.checkpoints()::fetch))
                .recover(e -> {
                    syncing.remove(job.id());
                    return Future.failedFuture(
                            new LaunchException(reason(e), "Its checkpoints can't be had: " + text(e)));
                })
                .compose(ready -> attempt.stopReason == null
                        ? Future.succeededFuture()
                        : Future.failedFuture(new LaunchException("It was stopped before it started.")));
    }

    /** Its program runs already. */
    void goOn(Attempt attempt) {
        if (applies(attempt.job)) {
            var unused = folders(attempt.job.folderId(), attempt.job.id());
        }
    }

    /** After a program ended, before that is written: whoever goes on with the job finds all of it. Never fails. */
    Future<Void> after(Attempt attempt) {
        Folders folders = syncing.get(attempt.id());
        if (folders == null) {
            return Future.succeededFuture();
        }
        return (attempt.fenced
                        ? Future.<Void>succeededFuture() // it is another's now; see sendLeft
                        : repeatedly(TRIES, () -> folders.send(true)).compose(sent -> unmark(folders)))
                .recover(e -> jobs.addEvent(
                                attempt.id(),
                                clock.utc(),
                                "files_unsent",
                                reason(e),
                                "Files are only on the server that ran it so far, which goes on trying: " + text(e))
                        .otherwiseEmpty())
                .onComplete(done -> syncing.remove(attempt.id()));
    }

    private Future<Void> unmark(Folders folders) {
        return blocking(() -> marks.clear(folders.folderId(), folders.jobId()));
    }

    /** What changed while programs run. */
    Future<Void> sendChanged() {
        return Future.join(running.all().stream()
                        .filter(attempt -> attempt.launched && !attempt.fenced)
                        .map(attempt -> syncing.get(attempt.id()))
                        .filter(folders -> folders != null)
                        .map(folders -> folders.send(false))
                        .toList())
                .mapEmpty();
    }

    /** What could not be sent when its attempt ended, maybe before a restart. */
    Future<Void> sendLeft() {
        return vertx.executeBlocking(marks::all, false).compose(all -> {
            Future<Void> done = Future.succeededFuture();
            for (UnsentMarks.Mark mark : all) {
                done = done.compose(x -> sendLeft(mark));
            }
            return done;
        });
    }

    private Future<Void> sendLeft(UnsentMarks.Mark mark) {
        boolean inUse = syncing.values().stream().anyMatch(f -> f.folderId().equals(mark.folderId()));
        if (inUse || running.get(mark.jobId()) != null) {
            return Future.succeededFuture();
        }
        Folders folders = folders(mark.folderId(), mark.jobId());
        return folders.sendLeft()
                .compose(sent -> running.get(mark.jobId()) == null ? unmark(folders) : Future.succeededFuture())
                .recover(e -> {
                    LOG.warn("Files of job {} are still unsent: {}", mark.jobId(), e.toString());
                    return Future.succeededFuture();
                })
                .onComplete(done -> {
                    if (running.get(mark.jobId()) == null) {
                        syncing.remove(mark.jobId());
                    }
                });
    }

    private Future<Void> repeatedly(int tries, Supplier<Future<Void>> work) {
        return work.get()
                .recover(e -> tries <= 1
                        ? Future.failedFuture(e)
                        : vertx.timer(PAUSE_MS).compose(fired -> repeatedly(tries - 1, work)));
    }

    private interface Work {
        void run() throws Exception;
    }

    private Future<Void> blocking(Work work) {
        return vertx.executeBlocking(
                () -> {
                    work.run();
                    return null;
                },
                false);
    }

    private static String reason(Throwable e) {
        return e instanceof ApiException api ? api.code().wireName() : "storage_failed";
    }

    private static String text(Throwable e) {
        return String.valueOf(e.getMessage());
    }
}
