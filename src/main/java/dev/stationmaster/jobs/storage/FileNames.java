package dev.stationmaster.jobs.storage;

import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Which names of files are allowed: relative paths that stay inside of their folder. */
final class FileNames {
    private FileNames() {}

    /** Also as part of a key in a bucket, where nothing resolves dots. */
    static boolean plain(String name) {
        String[] parts = name.split("/", -1);
        return name.indexOf('\0') < 0
                && parts.length <= FileStore.MAX_DEPTH
                && Arrays.stream(parts).noneMatch(p -> p.isEmpty() || p.equals(".") || p.equals(".."));
    }

    static String checked(String name) {
        if (!plain(name)) {
            throw bad();
        }
        return name;
    }

    /** Where a file is to be put; refuses to leave the folder, also through a link. */
    static Path target(Path folder, String name) {
        if (name.indexOf('\0') >= 0) {
            throw bad();
        }
        Path target = folder.resolve(name).normalize();
        boolean inside = target.startsWith(folder)
                && !target.equals(folder)
                && folder.relativize(target).getNameCount() <= FileStore.MAX_DEPTH;
        if (!inside) {
            throw bad();
        }
        Path step = folder;
        for (Path part : folder.relativize(target)) {
            step = step.resolve(part);
            if (Files.isSymbolicLink(step)) {
                throw new ApiException(ErrorCode.BAD_REQUEST, "A link is in the way of that name.");
            }
        }
        return target;
    }

    private static ApiException bad() {
        return new ApiException(
                ErrorCode.BAD_REQUEST,
                "The name must be a path inside of the folder, at most " + FileStore.MAX_DEPTH + " deep.");
    }
}
