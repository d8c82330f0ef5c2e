package dev.stationmaster.jobs.storage;

import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.WriteStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/** In the data folder of this server, where the programs write them. */
public final class LocalFileStore implements FileStore {
    private static final Duration FORGOTTEN = Duration.ofDays(1);

    private final Vertx vertx;
    private final Clock clock;
    private final Path jobs;
    private final PieceSpool spool = new PieceSpool(Long.MAX_VALUE);

    public LocalFileStore(Vertx vertx, Clock clock, Path dataDir) {
        this.vertx = vertx;
        this.clock = clock;
        this.jobs = dataDir.toAbsolutePath().normalize().resolve("jobs");
    }

    @Override
    public boolean shared() {
        return false;
    }

    @Override
    public Future<List<StoredFile>> list(JobFolder folder) {
        return blocking(() -> LocalFiles.list(folder.in(jobs)));
    }

    @Override
    public Future<FileContent> open(JobFolder folder, String name) {
        return blocking(() -> {
            Path file = find(folder, name);
            return new OnDisk(file, Files.size(file));
        });
    }

    private Path find(JobFolder folder, String name) throws IOException {
        Path own = folder.in(jobs);
        Path file = name.indexOf('\0') < 0 ? own.resolve(name).normalize() : own;
        boolean inside = file.startsWith(own)
                && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                && file.toRealPath().startsWith(own.toRealPath());
        if (!inside) {
            throw ApiException.notFound(folder.kind().wireName(), name);
        }
        return file;
    }

    @Override
    public Future<JsonObject> store(JobFolder folder, Piece piece) {
        return blocking(() -> {
            Path target = FileNames.target(folder.in(jobs), piece.name());
            try {
                return piece.stored(spool.add(uploads(folder.folderId()), target.toString(), piece, whole -> {
                    Files.createDirectories(target.getParent());
                    Files.move(whole, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                }));
            } catch (IOException e) {
                throw LocalFiles.unwritable(e);
            }
        });
    }

    private Path uploads(UUID folderId) {
        return jobs.resolve(folderId.toString()).resolve("uploads");
    }

    @Override
    public Future<StoredFile> store(JobFolder folder, String name, Path file) {
        return blocking(() -> {
            Path target = FileNames.target(folder.in(jobs), name);
            try {
                Files.createDirectories(target.getParent());
                Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
                return LocalFiles.describe(folder.in(jobs), target);
            } catch (IOException e) {
                throw LocalFiles.unwritable(e);
            }
        });
    }

    @Override
    public Future<StoredFile> fetch(JobFolder folder, StoredFile file, Path target) {
        return blocking(() -> {
            Path found = find(folder, file.name());
            Files.createDirectories(target.getParent());
            Files.copy(found, target, StandardCopyOption.REPLACE_EXISTING);
            return file;
        });
    }

    @Override
    public Future<Void> delete(JobFolder folder, String name) {
        return blocking(() -> {
            Files.deleteIfExists(find(folder, name));
            return null;
        });
    }

    @Override
    public Future<OptionalInt> clear(JobFolder folder) {
        Path own = folder.in(jobs);
        return blocking(() -> Files.isDirectory(own, LinkOption.NOFOLLOW_LINKS)
                ? OptionalInt.of(LocalFiles.empty(own))
                : OptionalInt.empty()); // else it is another server's, or never was
    }

    @Override
    public Future<List<UUID>> folders(String after, int limit) {
        return blocking(() -> {
            if (!Files.isDirectory(jobs)) {
                return List.of();
            }
            try (Stream<Path> all = Files.list(jobs)) {
                return all.map(folder -> folder.getFileName().toString())
                        .filter(name -> name.length() == 36 && name.compareTo(after) > 0)
                        .sorted()
                        .limit(limit)
                        .map(UUID::fromString)
                        .toList();
            }
        });
    }

    /** Uploads that nobody goes on with. */
    @Override
    public Future<Void> tidy() {
        return blocking(() -> {
            if (Files.isDirectory(jobs)) {
                try (Stream<Path> all = Files.list(jobs)) {
                    for (Path folder : all.toList()) {
                        spool.forget(folder.resolve("uploads"), clock.now().minus(FORGOTTEN));
                    }
                }
            }
            return null;
        });
    }

    @Override
    public Future<Void> close() {
        return Future.succeededFuture();
    }

    private <T> Future<T> blocking(Callable<T> work) {
        return vertx.executeBlocking(work, false);
    }

    private final class OnDisk implements FileContent {
        private final Path path;
        private final long size;

        OnDisk(Path path, long size) {
            this.path = path;
            this.size = size;
        }

        @Override
        public long sizeBytes() {
            return size;
        }

        @Override
        public Path path() {
            return path;
        }

        @Override
        public Future<Void> sendTo(WriteStream<Buffer> to) {
            return vertx.fileSystem()
                    .open(path.toString(), new OpenOptions().setWrite(false).setCreate(false))
                    .compose(file -> file.pipe().endOnComplete(false).to(to).eventually(file::close));
        }

        @Override
        public Future<Void> close() {
            return Future.succeededFuture();
        }
    }
}
