package dev.stationmaster.platform.files;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * Finds the regular files of a folder while a program may write, rename and delete there: what vanishes meanwhile is left
 * out. Links are not followed. Blocks.
 */
public final class FolderScan {
    private FolderScan() {}

    /** @param name path within the folder */
    public record Found(String name, Path path, long size, Instant modified) {}

    /** In the order of their names, the first {@code most}; empty where there is no such folder. */
    public static List<Found> of(Path folder, int depth, int most) throws IOException {
        var found = new ArrayList<Found>();
        Files.walkFileTree(folder, Set.of(), depth, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes is) {
                if (is.isRegularFile()) {
                    String name = folder.relativize(file).toString();
                    found.add(new Found(
                            name, file, is.size(), is.lastModifiedTime().toInstant()));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path of, IOException e) {
                return FileVisitResult.CONTINUE;
            }
        });
        found.sort(Comparator.comparing(Found::name));
        return List.copyOf(found.subList(0, Math.min(most, found.size())));
    }
}
