package dev.stationmaster.jobs.storage;

import dev.stationmaster.jobs.storage.SyncState.Same;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one folder of a job on this server and its copy in the shared storage alike, one file after the other. Remembers on
 * disk how both were when they were the same, so it knows which side changed. Bound to one event loop.
 */
public final class FolderSync {
    /** A file that was written to just now is probably not done. */
    private static final Duration SETTLED = Duration.ofMillis(500);

    private final Vertx vertx;
    private final Clock clock;
    private final FileStore store;
    private final JobFolder folder;
    private final Path local;
    private final SyncState state;
    private Future<Void> running = Future.succeededFuture();

    /**
     * @param jobs the folder of all jobs
     * @param states where it remembers; out of the reach of programs
     */
    public FolderSync(Vertx vertx, Clock clock, FileStore store, JobFolder folder, Path jobs, Path states) {
        this.vertx = vertx;
        this.clock = clock;
        this.store = store;
        this.folder = folder;
        this.local = folder.in(jobs);
        this.state = new SyncState(states.resolve(folder.folderId().toString())
                .resolve(folder.path().replace('/', '-') + ".json"));
    }

    private record Both(Map<String, StoredFile> here, Map<String, StoredFile> there, Map<String, Same> known) {}

    /** Before a program starts: brings what is newer there, deletes what was deleted there. */
    public Future<Void> fetch() {
        return inTurn(() -> look().compose(both -> {
            Future<Void> done = Future.succeededFuture();
            for (StoredFile file : both.there().values()) {
                if (isNewerThere(both, file)) {
                    done = done.compose(x -> store.fetch(folder, file, target(file.name())))
                            .compose(got -> keep(both, got));
                }
            }
            for (StoredFile file : both.here().values()) {
                Same same = both.known().get(file.name());
                if (same != null && same.isLocal(file) && !both.there().containsKey(file.name())) {
                    both.known().remove(file.name());
                    done = done.compose(x -> blocking(() -> Files.deleteIfExists(target(file.name())))
                            .mapEmpty());
                }
            }
            return save(done, both.known());
        }));
    }

    private static boolean isNewerThere(Both both, StoredFile there) {
        StoredFile here = both.here().get(there.name());
        Same same = both.known().get(there.name());
        if (here == null) {
            return true;
        }
        if (same != null && same.isLocal(here)) {
            return !same.tag().equals(there.tag());
        }
        boolean changedThere = same == null || !same.tag().equals(there.tag());
        return changedThere && there.modifiedAt().isAfter(here.modifiedAt());
    }

    /**
     * Sends what changed here and deletes what is gone. A file that can't be sent is tried again with the next call; then
     * the future fails after the others are sent.
     *
     * @param ended whether the program has ended, so that every file is done
     */
    public Future<Void> send(boolean ended) {
        return inTurn(() -> blocking(() -> new Both(here(), Map.of(), state.read()))
                .compose(both -> send(both, ended).compose(sent -> forget(both))));
    }

    /** What was left unsent earlier: another server may have gone on since, and what it stored is not overwritten. */
    public Future<Void> sendLeft() {
        return inTurn(() -> look().compose(both -> send(both, true)));
    }

    private Future<Void> send(Both both, boolean ended) {
        Map<String, Same> known = both.known();
        var failed = new HashMap<String, Throwable>();
        Future<Void> done = Future.succeededFuture();
        for (StoredFile file : both.here().values()) {
            Same same = known.get(file.name());
            StoredFile other = both.there().get(file.name());
            boolean othersNow = other != null && (same == null || !same.tag().equals(other.tag()));
            boolean settled =
                    ended || Duration.between(file.modifiedAt(), clock.now()).compareTo(SETTLED) >= 0;
            if (settled && !othersNow && (same == null || !same.isLocal(file))) {
                done = done.compose(x -> store.store(folder, file.name(), target(file.name())))
                        .<Void>map(stored -> {
                            known.put(file.name(), same(file, stored));
                            return null;
                        })
                        .recover(e -> {
                            failed.put(file.name(), e);
                            return Future.succeededFuture();
                        });
            }
        }
        return save(done, known)
                .compose(x -> failed.isEmpty()
                        ? Future.succeededFuture()
                        : Future.failedFuture(failed.values().iterator().next()));
    }

    /** Checkpoints that the program deleted, as it does with old ones, are deleted there too. */
    private Future<Void> forget(Both both) {
        Map<String, Same> known = both.known();
        List<String> gone = known.keySet().stream()
                .filter(name -> !both.here().containsKey(name))
                .toList();
        if (folder.kind() != FileKind.CHECKPOINT || gone.isEmpty()) {
            return Future.succeededFuture();
        }
        return blocking(() -> Files.isDirectory(local)).compose(exists -> {
            Future<Void> done = Future.succeededFuture();
            for (String name : exists ? gone : List.<String>of()) { // a folder that is lost altogether says nothing
                done = done.compose(x -> store.delete(folder, name))
                        .recover(e -> e instanceof ApiException api && api.code() == ErrorCode.NOT_FOUND
                                ? Future.succeededFuture()
                                : Future.failedFuture(e))
                        .onSuccess(x -> known.remove(name));
            }
            return save(done, known);
        });
    }

    private Future<Both> look() {
        return store.list(folder).compose(there -> blocking(() -> new Both(here(), byName(there), state.read())));
    }

    private Map<String, StoredFile> here() throws IOException {
        return byName(LocalFiles.list(local));
    }

    private static Map<String, StoredFile> byName(List<StoredFile> files) {
        return files.stream().collect(Collectors.toMap(StoredFile::name, Function.identity()));
    }

    private Path target(String name) {
        return FileNames.target(local, name);
    }

    private Future<Void> keep(Both both, StoredFile got) {
        return blocking(() -> LocalFiles.describe(local, target(got.name()))).map(file -> {
            both.known().put(got.name(), same(file, got));
            return null;
        });
    }

    private static Same same(StoredFile here, StoredFile there) {
        return new Same(
                here.sizeBytes(), here.modifiedAt().toEpochMilli(), Objects.requireNonNullElse(there.tag(), ""));
    }

    /** Also after a failure: what was done is known. */
    private Future<Void> save(Future<Void> done, Map<String, Same> known) {
        return done.transform(result -> blocking(() -> {
                    state.write(known);
                    return null;
                })
                .compose(saved -> result.failed() ? Future.failedFuture(result.cause()) : Future.succeededFuture()));
    }

    private Future<Void> inTurn(java.util.function.Supplier<Future<Void>> work) {
        running = running.otherwiseEmpty().compose(done -> work.get());
        return running;
    }

    private <T extends @Nullable Object> Future<T> blocking(java.util.concurrent.Callable<T> work) {
        return vertx.executeBlocking(work, false);
    }
}
