package dev.stationmaster.platform.stores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL under {@code postgres/} of the data folder: listens on 127.0.0.1 only, asks for a password, keeps every
 * commit. The role {@code stationmaster} is its superuser and owns the database of that name.
 */
final class EmbeddedPostgresStore implements StoreServer {
    private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgresStore.class);
    private static final String FAST_SHUTDOWN = "INT";
    private static final int PID_FILE_STATUS_LINE = 7;
    private static final List<String> SETTINGS = List.of(
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "password_encryption=scram-sha-256",
            "shared_preload_libraries=pg_stat_statements",
            "max_connections=60",
            "shared_buffers=64MB",
            "fsync=on",
            "synchronous_commit=on",
            // Nobody replicates from it.
            "wal_level=minimal",
            "max_wal_senders=0",
            "max_wal_size=512MB",
            "timezone=UTC",
            "log_timezone=UTC",
            "log_checkpoints=off",
            "update_process_title=off");

    private final PostgresCluster cluster;
    private final OrdinaryUser user;
    private final Path folder;
    private final String password;

    private EmbeddedPostgresStore(PostgresCluster cluster, OrdinaryUser user, Path folder, String password) {
        this.cluster = cluster;
        this.user = user;
        this.folder = folder;
        this.password = password;
    }

    /** Unpacks the programs, makes the data folder on first use, and ends what a killed server left running on it. */
    static EmbeddedPostgresStore prepare(Path dataDir) throws IOException {
        Path folder = PrivateFiles.folder(dataDir.resolve("postgres"));
        Orphans.end(folder, FAST_SHUTDOWN);
        OrdinaryUser user = OrdinaryUser.detect(dataDir.resolve("lock"));
        StoreBinaries binaries = user.needsBinariesInDataFolder()
                ? new StoreBinaries(dataDir.resolve("binaries"))
                : StoreBinaries.forUser(dataDir);
        Path passwordFile = folder.resolve("password");
        if (Files.isDirectory(folder.resolve("data")) && !Files.exists(passwordFile)) {
            throw new StoresException("The file " + passwordFile + " is missing: without it nobody can log in to the"
                    + " data beside it. Restore it, or move the folder " + folder + " away to begin anew.");
        }
        String password = PrivateFiles.password(passwordFile);
        Path programs = binaries.postgres();
        if (user.needsBinariesInDataFolder()) {
            user.letThrough(dataDir);
            user.letThrough(dataDir.resolve("binaries"));
            user.own(programs);
        }
        user.own(folder);
        user.own(passwordFile);
        PostgresCluster cluster = new PostgresCluster(programs, user, folder);
        cluster.createIfMissing(passwordFile);
        forgetDeadServer(cluster.data());
        return new EmbeddedPostgresStore(cluster, user, folder, password);
    }

    /**
     * After a crash PostgreSQL refuses to start while the pid it noted is in use, by whatever program; after a reboot
     * or in a new container it often is. We know better: the folder is locked and {@link Orphans} found nobody.
     */
    private static void forgetDeadServer(Path data) throws IOException {
        if (Files.deleteIfExists(data.resolve("postmaster.pid"))) {
            log.info("PostgreSQL was not ended cleanly last time: it recovers from its log");
        }
    }

    String url(int port) {
        return "postgresql://" + PostgresCluster.NAME + ":" + password + "@127.0.0.1:" + port + "/"
                + PostgresCluster.NAME;
    }

    @Override
    public String name() {
        return "PostgreSQL";
    }

    @Override
    public List<String> command(int port) {
        List<String> command = new ArrayList<>(user.prefix());
        command.addAll(
                List.of(cluster.program("postgres"), "-D", cluster.data().toString(), "-p", Integer.toString(port)));
        for (String setting : SETTINGS) {
            command.add("-c");
            command.add(setting);
        }
        return command;
    }

    @Override
    public Path logFile() {
        return folder.resolve("postgres.log");
    }

    /** PostgreSQL writes its state in the pid file; reading it is cheaper than logging in. */
    @Override
    public boolean ready(long pid, int port) throws IOException {
        Path pidFile = cluster.data().resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return false;
        }
        List<String> lines = Files.readAllLines(pidFile);
        return lines.size() > PID_FILE_STATUS_LINE
                && lines.get(0).trim().equals(Long.toString(pid))
                && lines.get(PID_FILE_STATUS_LINE).trim().equals("ready");
    }

    /** A backend in the midst of a long query does not notice, and PostgreSQL does not start beside it. */
    @Override
    public void afterCrash() {
        Orphans.end(folder, FAST_SHUTDOWN);
    }

    @Override
    public String stopSignal() {
        return FAST_SHUTDOWN;
    }
}
