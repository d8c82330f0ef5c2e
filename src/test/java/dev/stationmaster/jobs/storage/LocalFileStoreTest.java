package dev.stationmaster.jobs.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.platform.security.Hash;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.OpenOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalFileStoreTest {
    private static final Vertx VERTX = Vertx.vertx();

    private final UUID job = Ids.next();
    private final JobFolder folder = FileKind.CHECKPOINT.of(job, job);
    private final ManualClock clock = new ManualClock(Instant.now());
    private LocalFileStore store;

    @TempDir
    Path dir;

    @BeforeEach
    void open() {
        store = new LocalFileStore(VERTX, clock, dir);
    }

    @AfterAll
    static void stop() {
        TestStores.await(VERTX.close());
    }

    private Path file(String name) {
        return folder.in(dir.resolve("jobs")).resolve(name);
    }

    private Future<?> put(String name, long offset, boolean complete, String sha256, String text) {
        return store.store(folder, new Piece(name, offset, complete, sha256, Buffer.buffer(text)));
    }

    private static ApiException refused(Future<?> failing) {
        Throwable e = TestStores.failure(failing);
        assertThat(e).isInstanceOf(ApiException.class);
        return (ApiException) e;
    }

    private static ErrorCode code(Future<?> failing) {
        return refused(failing).code();
    }

    private static String sha256(String text) {
        return HexFormat.of().formatHex(Hash.sha256(text));
    }

    @Test
    void pieces_make_a_file_once_the_last_is_there_also_after_a_restart() {
        TestStores.await(put("deep/f", 0, false, null, "one"));
        assertThat(file("deep/f")).doesNotExist();
        ApiException wrong = refused(put("deep/f", 2, true, null, "two"));
        assertThat(wrong.code()).isEqualTo(ErrorCode.OFFSET_MISMATCH);
        assertThat(wrong).hasMessageContaining("3 bytes");
        store = new LocalFileStore(VERTX, clock, dir);
        TestStores.await(put("deep/f", 3, true, sha256("onetwo"), "two"));
        assertThat(file("deep/f")).hasContent("onetwo");
        assertThat(code(put("deep/f", 6, true, null, "three"))).isEqualTo(ErrorCode.OFFSET_MISMATCH);
    }

    @Test
    void a_wrong_checksum_leaves_the_older_file_and_the_upload_begins_anew() {
        TestStores.await(put("f", 0, true, null, "old"));
        assertThat(code(put("f", 0, true, sha256("new"), "damaged"))).isEqualTo(ErrorCode.CHECKSUM_MISMATCH);
        assertThat(file("f")).hasContent("old");
        assertThat(code(put("f", 7, true, null, "more"))).isEqualTo(ErrorCode.OFFSET_MISMATCH);
        TestStores.await(put("f", 0, true, sha256("new"), "new"));
        assertThat(file("f")).hasContent("new");
    }

    @Test
    void nothing_is_written_or_read_outside_of_the_folder() throws IOException {
        Path outside = Files.createDirectories(dir.resolve("outside"));
        Files.writeString(outside.resolve("secret"), "secret");
        Files.createDirectories(file(""));
        Files.createSymbolicLink(file("link"), outside.resolve("secret"));
        Files.createSymbolicLink(file("folder"), outside);
        for (String name : List.of(
                "../x", "..", ".", "a/../../x", "/etc/x", "link", "folder/new", "nul\0l", "1/2/3/4/5/6/7/8/9")) {
            assertThat(code(put(name, 0, true, null, "x"))).as(name).isEqualTo(ErrorCode.BAD_REQUEST);
            assertThat(code(store.open(folder, name))).as(name).isEqualTo(ErrorCode.NOT_FOUND);
            assertThat(code(store.delete(folder, name))).as(name).isEqualTo(ErrorCode.NOT_FOUND);
        }
        assertThat(code(store.open(folder, "folder/secret"))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(TestStores.await(store.list(folder))).isEmpty();
        assertThat(TestStores.await(store.clear(folder))).hasValue(2);
        assertThat(outside.resolve("secret")).hasContent("secret");
    }

    @Test
    void a_folder_that_can_not_be_written_is_said() throws IOException {
        Files.writeString(dir.resolve("jobs"), "a file where a folder should be");
        assertThat(code(put("f", 0, true, null, "x"))).isEqualTo(ErrorCode.STORAGE_FULL);
        assertThat(code(store.store(folder, "f", dir.resolve("jobs")))).isEqualTo(ErrorCode.STORAGE_FULL);
        assertThat(LocalFiles.unwritable(new IOException("No space left on device")))
                .hasMessageContaining("No space left on device");
    }

    @Test
    void whole_files_go_in_and_out() throws IOException {
        Path source = Files.writeString(dir.resolve("source"), "text");
        StoredFile stored = TestStores.await(store.store(folder, "a/b", source));
        assertThat(stored.name()).isEqualTo("a/b");
        assertThat(TestStores.await(store.list(folder))).containsExactly(stored);
        assertThat(stored.toJson().getLong("size_bytes")).isEqualTo(4);
        Path target = dir.resolve("back/b");
        TestStores.await(store.fetch(folder, stored, target));
        assertThat(target).hasContent("text");
        FileContent content = TestStores.await(store.open(folder, "a/b"));
        assertThat(content.path()).isEqualTo(file("a/b"));
        var out = VERTX.fileSystem()
                .open(dir.resolve("streamed").toString(), new OpenOptions())
                .await();
        TestStores.await(content.sendTo(out).compose(sent -> out.close()));
        assertThat(dir.resolve("streamed")).hasContent("text");
        TestStores.await(content.close());
        TestStores.await(store.delete(folder, "a/b"));
        assertThat(TestStores.await(store.list(folder))).isEmpty();
        TestStores.await(store.close());
    }

    @Test
    void folders_are_found_in_order_and_a_missing_one_is_anothers() {
        assertThat(TestStores.await(store.folders("", 10))).isEmpty();
        assertThat(TestStores.await(store.clear(folder))).isEmpty();
        TestStores.await(put("f", 0, true, null, "x"));
        assertThat(TestStores.await(store.folders("", 10))).containsExactly(job);
        assertThat(TestStores.await(store.folders(job.toString(), 10))).isEmpty();
        assertThat(TestStores.await(store.clear(folder))).hasValue(1);
        assertThat(store.shared()).isFalse();
    }

    @Test
    void an_upload_that_nobody_goes_on_with_is_forgotten_after_a_day() {
        TestStores.await(store.tidy());
        TestStores.await(put("f", 0, false, null, "one"));
        TestStores.await(store.tidy());
        TestStores.await(put("f", 3, false, null, "two"));
        clock.advance(Duration.ofHours(25));
        TestStores.await(store.tidy());
        assertThat(code(put("f", 6, true, null, "three"))).isEqualTo(ErrorCode.OFFSET_MISMATCH);
    }
}
