package dev.stationmaster.platform.stores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.stationmaster.platform.process.ProcFs;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server as a process of its own. */
class ServerKillTest {
    private static final String CLASS_PATH = System.getProperty("java.class.path");

    @TempDir
    Path temp;

    @Test
    void a_second_server_is_refused_by_name() throws Exception {
        var first = StoresKit.startServer(temp, CLASS_PATH, List.of());
        try {
            assertThatThrownBy(() -> EmbeddedStores.start(temp, true, true))
                    .isInstanceOf(StoresException.class)
                    .hasMessageContaining(temp.toString())
                    .hasMessageContaining("process " + first.process().pid())
                    .hasMessageContaining("--data");
            assertThat(StoresKit.sql(first.databaseUrl(), "SELECT 1")).isEqualTo("1");
            // Sessions of their own: Ctrl-C in the terminal does not reach them.
            assertThat(ProcFs.stat(first.postgresPid()).orElseThrow().session()).isEqualTo(first.postgresPid());
            assertThat(ProcFs.stat(first.redisPid()).orElseThrow().session()).isEqualTo(first.redisPid());
        } finally {
            killAndClean(first);
        }
    }

    @Test
    void what_was_committed_survives_kill_9_and_orphans_are_ended() throws Exception {
        var first = StoresKit.startServer(temp, CLASS_PATH, List.of());
        StoresKit.sql(first.databaseUrl(), "CREATE TABLE t AS SELECT 42 AS n");
        StoresKit.redis(first.redisUrl(), "SET key kept");
        first.process().destroyForcibly().waitFor();
        assertThat(alive(first.postgresPid())).isTrue();
        assertThat(alive(first.redisPid())).isTrue();

        try (EmbeddedStores stores = EmbeddedStores.start(temp, true, true)) {
            assertThat(alive(first.postgresPid())).isFalse();
            assertThat(alive(first.redisPid())).isFalse();
            assertThat(StoresKit.sql(stores.databaseUrl().orElseThrow(), "SELECT n FROM t"))
                    .isEqualTo("42");
            assertThat(StoresKit.redis(stores.redisUrl().orElseThrow(), "GET key"))
                    .isEqualTo("kept");
        }
    }

    @Test
    void survives_kill_9_of_server_and_stores_with_the_noted_pid_in_use_by_another() throws Exception {
        var first = StoresKit.startServer(temp, CLASS_PATH, List.of());
        StoresKit.sql(first.databaseUrl(), "CREATE TABLE t AS SELECT 42 AS n");
        first.process().destroyForcibly().waitFor();
        ProcessHandle.of(first.postgresPid()).ifPresent(ProcessHandle::destroyForcibly);
        ProcessHandle.of(first.redisPid()).ifPresent(ProcessHandle::destroyForcibly);
        Orphans.end(temp.toRealPath(), "INT");
        Process stranger = new ProcessBuilder("tail", "-f", temp.resolve("lock").toString()).start();
        try {
            Path pidFile = temp.resolve("postgres/data/postmaster.pid");
            String noted = Files.readString(pidFile);
            Files.writeString(pidFile, stranger.pid() + noted.substring(noted.indexOf('\n')));
            try (EmbeddedStores stores = EmbeddedStores.start(temp, true, true)) {
                assertThat(StoresKit.sql(stores.databaseUrl().orElseThrow(), "SELECT n FROM t"))
                        .isEqualTo("42");
            }
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    void runs_as_an_ordinary_user() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "already an ordinary user");
        assumeTrue(new File("/usr/bin/setpriv").canExecute(), "there is no setpriv here");
        Path shared = Files.createTempDirectory(Path.of("/tmp"), "stores");
        try {
            Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxrwx"));
            var nobody = List.of("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
            var server = StoresKit.startServer(shared.resolve("data"), readableClassPath(shared), nobody, "close");
            assertThat(server.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(server.process().exitValue()).isZero();
            assertThat(Files.getAttribute(shared.resolve("data/postgres/data"), "unix:uid"))
                    .isEqualTo(65534);
            assertThat(URI.create(server.databaseUrl()).getPort()).isPositive();
        } finally {
            PrivateFiles.deleteTree(shared);
        }
    }

    /** Root's Maven repository is closed to others, so what the stores need is copied. */
    private static String readableClassPath(Path folder) throws Exception {
        List<String> copies = new ArrayList<>();
        List<String> needed = List.of("embedded-", "slf4j", "logback", "commons-", "xz", "jspecify", "classes");
        for (String entry : CLASS_PATH.split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            if (needed.stream().noneMatch(path.getFileName().toString()::contains)) {
                continue;
            }
            Path copy = folder.resolve(path.getFileName());
            if (Files.isDirectory(path)) {
                new ProcessBuilder("cp", "-r", entry, copy.toString()).start().waitFor();
            } else {
                Files.copy(path, copy);
            }
            copies.add(copy.toString());
        }
        new ProcessBuilder("chmod", "-R", "a+rX", folder.toString()).start().waitFor();
        return String.join(File.pathSeparator, copies);
    }

    private static boolean alive(long pid) {
        return ProcessHandle.of(pid).map(ProcFs::running).orElse(false);
    }

    private void killAndClean(StoresKit.Server server) throws Exception {
        server.process().destroyForcibly().waitFor();
        Orphans.end(temp.toRealPath().resolve("postgres"), "INT");
        Orphans.end(temp.toRealPath().resolve("redis"), "TERM");
    }
}
