package dev.stationmaster.jobs.storage;

import dev.stationmaster.platform.security.Hash;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Files that come in pieces, one behind the other, gather here; a broken upload goes on where it stopped, also after a restart
 * of the server. Thread-safe. Blocks.
 */
final class PieceSpool {
    /** What becomes of a file whose last piece is here. */
    interface Whole {
        void take(Path file) throws IOException;
    }

    private static final int MAX_FILES = 100_000;

    private final long maxBytes;
    private final Set<Path> busy = ConcurrentHashMap.newKeySet();

    /** @param maxBytes of all unfinished uploads in one folder */
    PieceSpool(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** The size so far. When the whole can't be taken, it stays, and its last piece may come again, empty. */
    long add(Path folder, String key, Piece piece, Whole whole) throws IOException {
        Path partial = folder.resolve(HexFormat.of().formatHex(Hash.sha256(key)));
        if (!busy.add(partial)) {
            throw new ApiException(ErrorCode.CONFLICT, "Another request stores this file just now; try again later.");
        }
        try {
            Files.createDirectories(folder);
            long size = append(folder, partial, piece);
            if (piece.complete()) {
                compare(partial, piece.sha256());
                whole.take(partial);
                Files.deleteIfExists(partial);
            }
            return size;
        } finally {
            busy.remove(partial);
        }
    }

    private long append(Path folder, Path partial, Piece piece) throws IOException {
        long size = Files.exists(partial) ? Files.size(partial) : 0;
        if (piece.offset() != 0 && piece.offset() != size) {
            throw new ApiException(
                    ErrorCode.OFFSET_MISMATCH,
                    "So far " + size + " bytes are stored; go on there, or begin anew with offset 0.");
        }
        if (maxBytes < Long.MAX_VALUE && used(folder) + piece.bytes().length() > maxBytes) {
            throw new ApiException(
                    ErrorCode.STORAGE_FULL,
                    "Unfinished uploads fill the server's space for them; try again when others have ended.");
        }
        if (piece.offset() == 0) {
            Files.write(partial, piece.bytes().getBytes());
            return piece.bytes().length();
        }
        Files.write(partial, piece.bytes().getBytes(), StandardOpenOption.APPEND);
        return size + piece.bytes().length();
    }

    private static void compare(Path file, @Nullable String sha256) throws IOException {
        if (sha256 != null && !sha256.equals(FileDigest.of(file).sha256())) {
            Files.delete(file);
            throw new ApiException(
                    ErrorCode.CHECKSUM_MISMATCH, "What arrived has another SHA-256; send the file anew from offset 0.");
        }
    }

    private static long used(Path folder) throws IOException {
        long sum = 0;
        for (Path file : files(folder)) {
            sum += Files.size(file);
        }
        return sum;
    }

    /** Deletes what nobody went on with since then. */
    void forget(Path folder, Instant since) throws IOException {
        if (Files.isDirectory(folder)) {
            for (Path file : files(folder)) {
                if (!busy.contains(file)
                        && Files.getLastModifiedTime(file).toInstant().isBefore(since)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(Files::isRegularFile).limit(MAX_FILES).toList();
        }
    }
}
