package dev.stationmaster.platform.security;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** Small secret files in the data folder, readable by the owner only. Blocking; used while starting. */
public final class KeyFile {
    private KeyFile() {}

    /** The content of the file; written from {@code fresh} when there is none. */
    public static String readOrCreate(Path file, java.util.function.Supplier<String> fresh) {
        try {
            if (Files.exists(file)) {
                return Files.readString(file).strip();
            }
            String value = fresh.get();
            write(file, value);
            return value;
        } catch (IOException e) {
            throw new UncheckedIOException("Can't read or write " + file, e);
        }
    }

    /** Writes atomically with mode 600 from the first byte on. */
    public static void write(Path file, String value) throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Path part = file.resolveSibling(file.getFileName() + ".part");
        Files.deleteIfExists(part);
        Files.createFile(part, ownerOnly());
        Files.writeString(part, value + "\n");
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** A fresh 256-bit key in base64. */
    public static String randomKey() {
        return java.util.Base64.getEncoder().encodeToString(Tokens.bytes(32));
    }

    private static FileAttribute<?>[] ownerOnly() {
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        return posix
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))}
                : new FileAttribute<?>[0];
    }
}
