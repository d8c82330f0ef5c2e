package dev.stationmaster.jobs;

import dev.stationmaster.platform.web.ApiException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Checkpoints and artifacts of jobs, in the data folder of this server. Links are not followed: a job can't show other
 * files.
 */
final class JobFiles {
    private static final int MAX_FILES = 1_000;
    private static final int MAX_DEPTH = 8;

    private final Vertx vertx;
    private final Path jobs;

    JobFiles(Vertx vertx, JobsSettings settings) {
        this.vertx = vertx;
        this.jobs = settings.dataDir().toAbsolutePath().normalize().resolve("jobs");
    }

    Future<JsonObject> list(Job job, FileKind kind) {
        Path folder = kind.folder(jobs, job);
        return vertx.executeBlocking(() -> new JsonObject().put("items", read(folder)), false);
    }

    /** The path of one file; NOT_FOUND for anything outside of the folder. */
    Future<Path> find(Job job, FileKind kind, String name) {
        Path folder = kind.folder(jobs, job);
        return vertx.executeBlocking(
                () -> {
                    Path file = folder.resolve(name).normalize();
                    boolean inside = file.startsWith(folder)
                            && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                            && file.toRealPath().startsWith(folder.toRealPath());
                    if (!inside) {
                        throw ApiException.notFound(kind.name().toLowerCase(java.util.Locale.ROOT), name);
                    }
                    return file;
                },
                false);
    }

    /** NOT_FOUND where there is none. */
    Future<Void> delete(Job job, FileKind kind, String name) {
        return find(job, kind, name)
                .compose(file -> vertx.executeBlocking(
                        () -> {
                            Files.deleteIfExists(file);
                            return null;
                        },
                        false));
    }

    /** Stores a piece of a file; see {@link FileUpload}. */
    Future<JsonObject> store(Job job, FileKind kind, FileUpload.Piece piece) {
        Path folder = kind.folder(jobs, job);
        Path unfinished = jobs.resolve(job.folderId().toString()).resolve("uploads");
        return vertx.executeBlocking(() -> new FileUpload(folder, unfinished).store(piece), false);
    }

    private static JsonArray read(Path folder) throws IOException {
        var items = new JsonArray();
        if (!Files.isDirectory(folder)) {
            return items;
        }
        try (Stream<Path> files = Files.walk(folder, MAX_DEPTH)) {
            for (Path file : files.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS))
                    .sorted()
                    .limit(MAX_FILES)
                    .toList()) {
                items.add(new JsonObject()
                        .put("name", folder.relativize(file).toString())
                        .put("size_bytes", Files.size(file))
                        .put(
                                "modified_at",
                                Files.getLastModifiedTime(file).toInstant().toString()));
            }
        }
        return items;
    }
}
