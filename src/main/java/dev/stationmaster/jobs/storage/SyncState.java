package dev.stationmaster.jobs.storage;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** What files of a job were like here and in the shared storage when they were the same last. Kept on disk; blocks. */
final class SyncState {
    /** A file here and there. */
    record Same(long size, long modified, String tag) {
        boolean isLocal(StoredFile file) {
            return size == file.sizeBytes() && modified == file.modifiedAt().toEpochMilli();
        }
    }

    private final Path file;

    SyncState(Path file) {
        this.file = file;
    }

    /** By name; empty when nothing is known, or nothing certain. */
    Map<String, Same> read() throws IOException {
        var known = new LinkedHashMap<String, Same>();
        try {
            new JsonObject(Files.readString(file)).forEach(entry -> {
                var same = (JsonObject) entry.getValue();
                known.put(
                        entry.getKey(),
                        new Same(same.getLong("size"), same.getLong("modified"), same.getString("tag")));
            });
        } catch (NoSuchFileException | DecodeException e) { // or a disk was full
            return new LinkedHashMap<>();
        }
        return known;
    }

    void write(Map<String, Same> known) throws IOException {
        var json = new JsonObject();
        known.forEach((name, same) -> json.put(
                name,
                new JsonObject()
                        .put("size", same.size())
                        .put("modified", same.modified())
                        .put("tag", same.tag())));
        Files.createDirectories(file.getParent());
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.writeString(next, json.encode());
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
