package dev.stationmaster.jobs.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.S3Server;
import dev.stationmaster.testing.TestServer;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two servers with folders of their own and one bucket. */
class FolderSyncTest {
    private static S3Server s3;
    private static Vertx vertx;

    private final UUID job = Ids.next();
    private final JobFolder folder = FileKind.CHECKPOINT.of(job, job);
    private final ManualClock clock = new ManualClock(Instant.now().plusSeconds(60));
    private S3FileStore store;
    private FolderSync first;
    private FolderSync second;

    @TempDir
    Path dir;

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
        s3 = S3Server.start();
    }

    @AfterAll
    static void stop() {
        s3.close();
        TestStores.await(vertx.close());
    }

    @BeforeEach
    void open() {
        var settings = dev.stationmaster.Settings.read(null, java.util.Map.of(), s3.settings());
        store = new S3FileStore(vertx, clock, dir, settings.storage());
        first = sync("first");
        second = sync("second");
    }

    @AfterEach
    void close() {
        TestStores.await(store.close());
    }

    private FolderSync sync(String server) {
        return new FolderSync(vertx, clock, store, folder, dir.resolve(server), dir.resolve(server + "-sync"));
    }

    private Path file(String server, String name) {
        return folder.in(dir.resolve(server)).resolve(name);
    }

    private void write(String server, String name, String text, Instant at) throws IOException {
        Path file = file(server, name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setLastModifiedTime(file, FileTime.from(at));
    }

    private List<String> there() {
        return TestStores.await(store.list(folder)).stream()
                .map(StoredFile::name)
                .toList();
    }

    @Test
    void the_second_goes_on_where_the_first_ended_and_back() throws IOException {
        Instant now = Instant.now();
        write("first", "model", "one", now.minusSeconds(100));
        write("first", "old", "x", now.minusSeconds(100));
        TestStores.await(first.send(true));
        TestStores.await(second.fetch());
        assertThat(file("second", "model")).hasContent("one");
        Files.delete(file("second", "old"));
        write("second", "model", "two", now.minusSeconds(200)); // whatever its time says
        TestStores.await(second.send(true));
        assertThat(there()).containsExactly("model");
        TestStores.await(sync("first").fetch()); // after a restart
        assertThat(file("first", "model")).hasContent("two");
        assertThat(file("first", "old")).doesNotExist();
    }

    @Test
    void what_was_not_sent_yet_is_not_overwritten_by_what_is_older() throws IOException {
        write("first", "model", "one", Instant.now().minusSeconds(100));
        TestStores.await(first.send(true));
        write("first", "model", "unsent", Instant.now().minusSeconds(50));
        write("first", "new", "unsent", Instant.now());
        TestStores.await(first.fetch());
        assertThat(file("first", "model")).hasContent("unsent");
        assertThat(file("first", "new")).hasContent("unsent");
    }

    @Test
    void what_another_stored_meanwhile_is_not_overwritten_late() throws IOException {
        write("first", "model", "one", Instant.now().minusSeconds(100));
        TestStores.await(first.send(true));
        write("first", "model", "unsent", Instant.now().minusSeconds(50));
        write("first", "result", "unsent", Instant.now());
        TestStores.await(second.fetch());
        write("second", "model", "newer", Instant.now());
        TestStores.await(second.send(true));
        TestStores.await(sync("first").sendLeft());
        TestStores.await(second.fetch());
        assertThat(file("second", "model")).hasContent("newer");
        assertThat(file("second", "result")).hasContent("unsent");
    }

    @Test
    void a_file_that_is_being_written_waits_unless_the_program_has_ended() throws IOException {
        write("first", "model", "half", clock.now());
        TestStores.await(first.send(false));
        assertThat(there()).isEmpty();
        clock.advance(Duration.ofSeconds(1));
        TestStores.await(first.send(false));
        assertThat(there()).containsExactly("model");
    }

    @Test
    void a_folder_that_is_lost_altogether_deletes_nothing() throws IOException {
        write("first", "model", "one", Instant.now().minusSeconds(100));
        TestStores.await(first.send(true));
        TestServer.deleteTree(dir.resolve("first"));
        TestStores.await(first.send(true));
        TestStores.await(first.sendLeft());
        assertThat(there()).containsExactly("model");
        TestStores.await(first.fetch());
        assertThat(file("first", "model")).hasContent("one");
    }

    @Test
    void links_are_not_sent_and_not_written_through() throws IOException {
        Path secret = Files.writeString(dir.resolve("secret"), "secret");
        Files.createDirectories(file("first", ""));
        Files.createSymbolicLink(file("first", "link"), secret);
        TestStores.await(first.send(true));
        assertThat(there()).isEmpty();
        write("second", "link", "evil", Instant.now());
        TestStores.await(second.send(true));
        assertThat(TestStores.failure(first.fetch()))
                .isInstanceOfSatisfying(
                        ApiException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST));
        assertThat(secret).hasContent("secret");
    }
}
