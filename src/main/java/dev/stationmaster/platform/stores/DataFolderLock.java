package dev.stationmaster.platform.stores;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * One server per data folder. Holds an operating system lock on {@code lock} in that folder, which ends with the
 * process however it ends; the file itself stays and names the holder's pid.
 */
final class DataFolderLock implements AutoCloseable {
    private static final int MAX_PID_BYTES = 32;

    private final FileChannel channel;

    private DataFolderLock(FileChannel channel) {
        this.channel = channel;
    }

    static DataFolderLock take(Path dataDir) {
        FileChannel channel = open(dataDir);
        try {
            if (tryLock(channel) == null) {
                String holder = readPid(channel);
                channel.close();
                throw new StoresException("The data folder " + dataDir + " is used by another Stationmaster, process "
                        + holder + ". Stop that one first, or give this one another folder with --data.");
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
            return new DataFolderLock(channel);
        } catch (IOException e) {
            throw new StoresException("Can't lock the data folder " + dataDir + ": " + e.getMessage(), e);
        }
    }

    private static FileChannel open(Path dataDir) {
        try {
            return FileChannel.open(
                    dataDir.resolve("lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new StoresException(
                    "Can't write in the data folder " + dataDir + " as user " + System.getProperty("user.name")
                            + ". Make that user its owner, or choose another folder with --data.",
                    e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) { // held by this same JVM
            return null;
        }
    }

    private static String readPid(FileChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(MAX_PID_BYTES);
        channel.read(bytes, 0);
        String pid = new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII).trim();
        return pid.isEmpty() ? "unknown" : pid;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new StoresException("Can't release the lock of the data folder: " + e.getMessage(), e);
        }
    }
}
