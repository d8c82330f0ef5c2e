package dev.stationmaster.jobs.runner;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes under {@code run/} of the data folder which processes run, so that the next server can end them if this one is
 * killed. One file per replica of an attempt, gone when it ended. Everything blocks.
 */
final class AttemptRecords {
    private static final Logger log = LoggerFactory.getLogger(AttemptRecords.class);
    private static final String SUFFIX = ".json";

    private final Path folder;

    AttemptRecords(Path dataDir) {
        folder = dataDir.resolve("run");
    }

    Path folder() throws IOException {
        return Files.createDirectories(folder);
    }

    void write(String name, ProcessGroup group) throws IOException {
        Path fresh = Files.createTempFile(folder(), ".new-", null);
        JsonObject note = new JsonObject()
                .put("pid", group.pid())
                .put("pgid", group.pid())
                .put("started", group.identity())
                .put("session", group.session());
        Files.writeString(fresh, note.encode());
        Files.move(fresh, file(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    void delete(String name) {
        try {
            Files.deleteIfExists(file(name));
        } catch (IOException e) { // the identity inside keeps a stale note harmless
            log.warn("Can't delete the note {}: {}", name, e.toString());
        }
    }

    /** The groups noted by an earlier server; the notes and other remains are deleted by {@link #clear}. */
    List<ProcessGroup> read() {
        List<ProcessGroup> groups = new ArrayList<>();
        for (Path file : files()) {
            if (!file.toString().endsWith(SUFFIX)) {
                continue;
            }
            try {
                JsonObject note = new JsonObject(Files.readString(file));
                groups.add(
                        new ProcessGroup(note.getLong("pid"), note.getString("started"), note.getBoolean("session")));
            } catch (IOException | DecodeException | ClassCastException | NullPointerException e) {
                log.warn("The note {} can't be read: whatever it told of may still run", file, e);
            }
        }
        return groups;
    }

    void clear() {
        for (Path file : files()) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                log.warn("Can't delete {}: {}", file, e.toString());
            }
        }
    }

    private List<Path> files() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (var paths = Files.list(folder)) {
            return paths.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file(String name) {
        return folder.resolve(name + SUFFIX);
    }
}
