package dev.stationmaster.platform.stores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stationmaster.platform.process.ProcFs;
import dev.stationmaster.platform.process.Signals;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStoresTest {
    @TempDir
    Path temp;

    @Test
    void keeps_data_over_a_restart_in_a_path_with_spaces() throws Exception {
        Path data = temp.resolve("my data folder");
        try (EmbeddedStores stores = EmbeddedStores.start(data, true, true)) {
            String database = stores.databaseUrl().orElseThrow();
            StoresKit.sql(database, "CREATE TABLE t AS SELECT 42 AS n");
            assertThat(StoresKit.redis(stores.redisUrl().orElseThrow(), "SET key kept"))
                    .isEqualTo("+OK");
        }
        assertThat(Orphans.find(data.toRealPath())).isEmpty();
        try (EmbeddedStores stores = EmbeddedStores.start(data, true, true)) {
            assertThat(StoresKit.sql(stores.databaseUrl().orElseThrow(), "SELECT n FROM t"))
                    .isEqualTo("42");
            assertThat(StoresKit.redis(stores.redisUrl().orElseThrow(), "GET key"))
                    .isEqualTo("kept");
        }
    }

    @Test
    void is_set_up_for_keeping_data_and_for_our_metrics() throws Exception {
        try (EmbeddedStores stores = EmbeddedStores.start(temp, true, false)) {
            String database = stores.databaseUrl().orElseThrow();
            assertThat(StoresKit.sql(database, "SHOW fsync")).isEqualTo("on");
            assertThat(StoresKit.sql(database, "SHOW server_encoding")).isEqualTo("UTF8");
            assertThat(StoresKit.sql(database, "SHOW max_connections")).isEqualTo("60");
            assertThat(StoresKit.sql(database, "SELECT current_database() || current_user"))
                    .isEqualTo("stationmasterstationmaster");
            assertThat(StoresKit.sql(database, "SELECT lower('ÄÖ') || upper('é')"))
                    .isEqualTo("äöÉ");
            StoresKit.sql(database, "CREATE EXTENSION pg_stat_statements");
            assertThat(StoresKit.sql(database, "SELECT count(*) > 0 FROM pg_stat_statements"))
                    .isEqualTo("t");
            assertThat(StoresKit.sql(database, "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules"))
                    .isEqualTo("scram-sha-256");
            assertThat(stores.redisUrl()).isEmpty();
            assertThat(stores.redisPid()).isEqualTo(-1);
        }
    }

    @Test
    void refuses_a_wrong_password_and_hides_the_right_one() throws Exception {
        try (EmbeddedStores stores = EmbeddedStores.start(temp, true, true)) {
            URI database = URI.create(stores.databaseUrl().orElseThrow());
            String wrong = "postgresql://stationmaster:wrong@127.0.0.1:" + database.getPort() + "/stationmaster";
            assertThatThrownBy(() -> StoresKit.sql(wrong, "SELECT 1"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("password authentication failed");
            URI redis = URI.create(stores.redisUrl().orElseThrow());
            assertThat(RedisProbe.ask(redis.getPort(), "wrong", "PING")).startsWith("-WRONGPASS");
        }
        for (String secret : List.of("postgres/password", "redis/password", "redis/redis.conf")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(temp.resolve(secret))))
                    .as(secret)
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void listens_on_loopback_only() throws Exception {
        try (EmbeddedStores stores = EmbeddedStores.start(temp, true, true)) {
            for (String url : List.of(
                    stores.databaseUrl().orElseThrow(), stores.redisUrl().orElseThrow())) {
                int port = URI.create(url).getPort();
                for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                    for (InetAddress address : Collections.list(network.getInetAddresses())) {
                        if (!address.isLoopbackAddress()) {
                            assertRefused(address, port);
                        }
                    }
                }
                if (ProcFs.present()) {
                    String hex = String.format(":%04X", port);
                    assertThat(Files.readAllLines(Path.of("/proc/net/tcp")))
                            .filteredOn(line -> line.contains(hex) && line.contains(" 0A "))
                            .isNotEmpty()
                            .allMatch(line -> line.contains("0100007F" + hex));
                    assertThat(Files.readAllLines(Path.of("/proc/net/tcp6")))
                            .noneMatch(line -> line.contains(hex) && line.contains(" 0A "));
                }
            }
        }
    }

    private static void assertRefused(InetAddress address, int port) {
        assertThatThrownBy(() -> {
                    try (Socket socket = new Socket()) {
                        socket.connect(new InetSocketAddress(address, port), 1000);
                    }
                })
                .as("%s", address)
                .isInstanceOf(ConnectException.class);
    }

    @Test
    void comes_back_with_its_data_after_a_crash_of_a_store() throws Exception {
        try (EmbeddedStores stores = EmbeddedStores.start(temp, true, true)) {
            String database = stores.databaseUrl().orElseThrow();
            String redis = stores.redisUrl().orElseThrow();
            StoresKit.sql(database, "CREATE TABLE t AS SELECT 7 AS n");
            StoresKit.redis(redis, "SET key kept");
            long postgresPid = stores.postgresPid();
            long redisPid = stores.redisPid();
            Thread busy = new Thread(() -> assertThatThrownBy(
                    () -> StoresKit.sql(database, "SELECT count(*) FROM generate_series(1, 100000000000)")));
            busy.start();
            assertThat(StoresKit.eventually(() -> StoresKit.sql(
                                    database, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%0000)'")
                            .equals("1")))
                    .isTrue();
            Signals.send("KILL", postgresPid);
            Signals.send("KILL", redisPid);
            assertThat(StoresKit.eventually(() -> stores.redisPid() != redisPid
                            && StoresKit.redis(redis, "GET key").equals("kept")))
                    .isTrue();
            assertThat(StoresKit.eventually(() -> stores.postgresPid() != postgresPid
                            && StoresKit.sql(database, "SELECT n FROM t").equals("7")))
                    .isTrue();
            busy.join();
        }
        assertThat(Orphans.find(temp.toRealPath())).isEmpty();
    }

    @Test
    void rebuilds_a_half_made_postgres_folder_and_only_that() throws Exception {
        Files.createDirectories(temp.resolve("postgres/data.new/base"));
        Files.writeString(temp.resolve("postgres/data.new/PG_VERSION"), "17");
        try (EmbeddedStores stores = EmbeddedStores.start(temp, true, false)) {
            assertThat(StoresKit.sql(stores.databaseUrl().orElseThrow(), "SELECT 1"))
                    .isEqualTo("1");
        }
        Files.delete(temp.resolve("postgres/password"));
        assertThatThrownBy(() -> EmbeddedStores.start(temp, true, false))
                .isInstanceOf(StoresException.class)
                .hasMessageContaining("password is missing");
        assertThat(temp.resolve("postgres/data/PG_VERSION")).exists();
    }

    @Test
    void a_store_that_cannot_start_says_why_and_leaves_nothing_running() throws Exception {
        EmbeddedStores.start(temp, true, false).close();
        Files.writeString(temp.resolve("postgres/data/postgresql.conf"), "no_such_setting = 1\n");
        assertThatThrownBy(() -> EmbeddedStores.start(temp, true, true))
                .isInstanceOf(StoresException.class)
                .hasMessageContaining("no_such_setting");
        assertThat(Orphans.find(temp.toRealPath())).isEmpty();
        EmbeddedStores.start(temp, false, true).close(); // the lock is free again
    }
}
