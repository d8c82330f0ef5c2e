package dev.stationmaster.platform.stores;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Redis under {@code redis/} of the data folder: listens on 127.0.0.1 only, asks for a password, appends every write
 * to a file that is forced to disk each second.
 */
final class EmbeddedRedisStore implements StoreServer {
    private static final String CLEAN_SHUTDOWN = "TERM";

    private final Path program;
    private final Path folder;
    private final String password;

    private EmbeddedRedisStore(Path program, Path folder, String password) {
        this.program = program;
        this.folder = folder;
        this.password = password;
    }

    /** Unpacks the program, writes the settings, and ends what a killed server left running on the folder. */
    static EmbeddedRedisStore prepare(Path dataDir) throws IOException {
        Path folder = PrivateFiles.folder(dataDir.resolve("redis"));
        Orphans.end(folder, CLEAN_SHUTDOWN);
        String password = PrivateFiles.password(folder.resolve("password"));
        PrivateFiles.write(folder.resolve("redis.conf"), settings(folder, password));
        return new EmbeddedRedisStore(StoreBinaries.forUser(dataDir).redis(), folder, password);
    }

    private static String settings(Path folder, String password) {
        String quoted = folder.toString().replace("\\", "\\\\").replace("\"", "\\\"");
        // set-proc-title: Orphans knows it by its real command line.
        return """
                bind 127.0.0.1
                protected-mode yes
                requirepass "%s"
                dir "%s"
                appendonly yes
                appendfsync everysec
                save ""
                daemonize no
                set-proc-title no
                """.formatted(password, quoted);
    }

    String url(int port) {
        return "redis://:" + password + "@127.0.0.1:" + port;
    }

    @Override
    public String name() {
        return "Redis";
    }

    @Override
    public List<String> command(int port) {
        return List.of(program.toString(), folder.resolve("redis.conf").toString(), "--port", Integer.toString(port));
    }

    @Override
    public Path logFile() {
        return folder.resolve("redis.log");
    }

    /** A stranger's Redis on the same port would refuse the password. */
    @Override
    public boolean ready(long pid, int port) throws IOException {
        return RedisProbe.ask(port, password, "PING").equals("+PONG");
    }

    @Override
    public String stopSignal() {
        return CLEAN_SHUTDOWN;
    }
}
