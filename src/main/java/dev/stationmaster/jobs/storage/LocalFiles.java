package dev.stationmaster.jobs.storage;

import dev.stationmaster.platform.files.FolderScan;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Folders of jobs on this machine. Links are never followed: a job can't show other files. Blocks. */
final class LocalFiles {
    private LocalFiles() {}

    static List<StoredFile> list(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        return FolderScan.of(folder, FileStore.MAX_DEPTH, FileStore.MAX_FILES).stream()
                .map(file -> new StoredFile(file.name(), file.size(), file.modified(), null))
                .toList();
    }

    static StoredFile describe(Path folder, Path file) throws IOException {
        return new StoredFile(
                folder.relativize(file).toString(),
                Files.size(file),
                Files.getLastModifiedTime(file).toInstant(),
                null);
    }

    /** How many files were in it, and are no more. The folder stays. */
    static int empty(Path folder) throws IOException {
        int count = 0;
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!file.equals(folder)) {
                    boolean isFolder = Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS);
                    if (Files.deleteIfExists(file) && !isFolder) {
                        count++;
                    }
                }
            }
        }
        return count;
    }

    /** A full disk says so in the text. */
    static ApiException unwritable(IOException e) {
        String reason = e instanceof FileSystemException f
                ? f.getReason() == null ? "no reason is known" : f.getReason()
                : String.valueOf(e.getMessage());
        return new ApiException(ErrorCode.STORAGE_FULL, "The file can't be written: " + reason + ".");
    }
}
