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

/** The files a job left in its artifact folder on this server. Links are not followed: a job can't show other files. */
final class Artifacts {
    private static final int MAX_FILES = 1_000;
    private static final int MAX_DEPTH = 8;

    private final Vertx vertx;
    private final JobsSettings settings;

    Artifacts(Vertx vertx, JobsSettings settings) {
        this.vertx = vertx;
        this.settings = settings;
    }

    Future<JsonObject> list(Job job) {
        Path folder = folder(job);
        return vertx.executeBlocking(() -> new JsonObject().put("items", read(folder)), false);
    }

    /** The path of one artifact; NOT_FOUND for anything outside of the folder. */
    Future<Path> find(Job job, String name) {
        Path folder = folder(job);
        return vertx.executeBlocking(
                () -> {
                    Path file = folder.resolve(name).normalize();
                    boolean inside = file.startsWith(folder)
                            && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                            && file.toRealPath().startsWith(folder.toRealPath());
                    if (!inside) {
                        throw ApiException.notFound("artifact", name);
                    }
                    return file;
                },
                false);
    }

    private Path folder(Job job) {
        Path root = settings.dataDir()
                .toAbsolutePath()
                .normalize()
                .resolve("jobs")
                .resolve(job.folderId().toString());
        return LaunchPreparer.artifacts(root, job);
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
