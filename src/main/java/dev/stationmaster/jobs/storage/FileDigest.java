package dev.stationmaster.jobs.storage;

import dev.stationmaster.platform.security.Hash;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * SHA-256 of a file and of each of its parts, read once.
 *
 * @param sizeBytes of the file
 * @param sha256 in hexadecimal digits
 * @param parts in base64, as buckets want it; one for an empty file
 */
record FileDigest(long sizeBytes, String sha256, List<String> parts) {
    private static final int BUFFER_BYTES = 1 << 16;

    /** Blocks. */
    static FileDigest of(Path file) throws IOException {
        return of(file, Long.MAX_VALUE);
    }

    /** Blocks. */
    static FileDigest of(Path file, long partBytes) throws IOException {
        MessageDigest whole = Hash.digest();
        var parts = new ArrayList<String>();
        long size = Files.size(file);
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            long left = size;
            do {
                long part = Math.min(left, partBytes);
                parts.add(part(in, part, whole));
                left -= part;
            } while (left > 0);
        }
        return new FileDigest(size, HexFormat.of().formatHex(whole.digest()), List.copyOf(parts));
    }

    private static String part(InputStream in, long bytes, MessageDigest whole) throws IOException {
        MessageDigest own = Hash.digest();
        byte[] buffer = new byte[BUFFER_BYTES];
        long left = bytes;
        while (left > 0) {
            int read = in.read(buffer, 0, (int) Math.min(BUFFER_BYTES, left));
            if (read < 0) {
                throw new IOException("The file became shorter while it was read");
            }
            whole.update(buffer, 0, read);
            own.update(buffer, 0, read);
            left -= read;
        }
        return Base64.getEncoder().encodeToString(own.digest());
    }
}
