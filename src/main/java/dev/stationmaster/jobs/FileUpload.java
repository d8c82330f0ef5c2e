package dev.stationmaster.jobs;

import dev.stationmaster.platform.security.Hash;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A file that comes in pieces, one behind the other; a broken upload goes on where it stopped. The file takes its place in
 * one step, when its last piece is on disk. Blocks.
 */
final class FileUpload {
    private static final int MAX_DEPTH = 8;

    /**
     * @param name path within the folder
     * @param offset where the piece begins; 0 begins anew
     * @param complete whether it is the last
     * @param sha256 of the whole file, in hexadecimal digits; null: not compared
     */
    record Piece(
            String name,
            long offset,
            boolean complete,
            @Nullable String sha256,
            Buffer bytes) {}

    private final Path folder;
    private final Path unfinished;

    FileUpload(Path folder, Path unfinished) {
        this.folder = folder;
        this.unfinished = unfinished;
    }

    JsonObject store(Piece piece) {
        Path target = target(piece.name());
        Path partial = unfinished.resolve(HexFormat.of().formatHex(Hash.sha256(target.toString())));
        try {
            Files.createDirectories(unfinished);
            long size = append(partial, piece);
            if (piece.complete()) {
                compare(partial, piece.sha256());
                Files.createDirectories(target.getParent());
                Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
            return new JsonObject()
                    .put("name", piece.name())
                    .put("size_bytes", size)
                    .put("complete", piece.complete());
        } catch (FileSystemException e) {
            throw new ApiException(
                    ErrorCode.STORAGE_FULL,
                    "The file can't be written: " + (e.getReason() == null ? "no reason is known" : e.getReason())
                            + ".");
        } catch (IOException e) { // a full disk says so here
            throw new ApiException(ErrorCode.STORAGE_FULL, "The file can't be written: " + e.getMessage() + ".");
        }
    }

    private Path target(String name) {
        Path target = folder.resolve(name).normalize();
        boolean inside = target.startsWith(folder)
                && !target.equals(folder)
                && folder.relativize(target).getNameCount() <= MAX_DEPTH;
        if (!inside || name.indexOf('\0') >= 0) {
            throw new ApiException(
                    ErrorCode.BAD_REQUEST,
                    "The name must be a path inside of the folder, at most " + MAX_DEPTH + " deep.");
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

    private static long append(Path partial, Piece piece) throws IOException {
        long size = Files.exists(partial) ? Files.size(partial) : 0;
        if (piece.offset() == 0) {
            Files.write(partial, piece.bytes().getBytes());
            return piece.bytes().length();
        }
        if (piece.offset() != size) {
            throw new ApiException(
                    ErrorCode.OFFSET_MISMATCH,
                    "So far " + size + " bytes are stored; go on there, or begin anew with offset 0.");
        }
        Files.write(partial, piece.bytes().getBytes(), StandardOpenOption.APPEND);
        return size + piece.bytes().length();
    }

    private static void compare(Path file, @Nullable String sha256) throws IOException {
        if (sha256 != null && !sha256.equals(digest(file))) {
            Files.delete(file);
            throw new ApiException(
                    ErrorCode.CHECKSUM_MISMATCH, "What arrived has another SHA-256; send the file anew from offset 0.");
        }
    }

    static String digest(Path file) throws IOException {
        MessageDigest digest = Hash.digest();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            var unused = in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
