package dev.stationmaster.jobs.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stationmaster.jobs.storage.StorageSettings.Bucket;
import dev.stationmaster.jobs.storage.StorageSettings.Keep;
import dev.stationmaster.jobs.storage.StorageSettings.Kind;
import dev.stationmaster.platform.config.Secret;
import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import dev.stationmaster.testing.CutWire;
import dev.stationmaster.testing.ManualClock;
import dev.stationmaster.testing.S3Server;
import dev.stationmaster.testing.TestStores;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.MetadataDirective;

/** Against a real S3-compatible server. */
class S3FileStoreTest {
    private static final long PART = 5 << 20;

    private static S3Server s3;
    private static S3Client beside;
    private static Vertx vertx;

    private final UUID job = Ids.next();
    private final JobFolder folder = FileKind.CHECKPOINT.of(job, job);
    private ManualClock clock;
    private S3FileStore store;

    @TempDir
    Path dir;

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
        s3 = S3Server.start();
        beside = s3.client();
    }

    @AfterAll
    static void stop() {
        beside.close();
        s3.close();
        TestStores.await(vertx.close());
    }

    @BeforeEach
    void open() {
        clock = new ManualClock(Instant.now());
        store = store(s3.endpoint(), S3Server.BUCKET, S3Server.SECRET);
    }

    @AfterEach
    void close() {
        TestStores.await(store.close());
    }

    private S3FileStore store(String endpoint, String bucket, String secret) {
        return new S3FileStore(
                vertx,
                clock,
                dir,
                new StorageSettings(
                        Kind.S3,
                        new Bucket(
                                bucket,
                                "some/prefix/",
                                Optional.empty(),
                                Optional.of(URI.create(endpoint)),
                                true,
                                Optional.of(S3Server.KEY),
                                Optional.of(new Secret(secret))),
                        PART,
                        40 << 20,
                        Duration.ofSeconds(1),
                        new Keep(Duration.ZERO, Duration.ZERO, 0),
                        Duration.ofHours(1)));
    }

    private Path file(long size) throws IOException {
        byte[] bytes = new byte[(int) size];
        new Random(size).nextBytes(bytes);
        return Files.write(dir.resolve("file-" + size), bytes);
    }

    private Path fetched(JobFolder from, String name) {
        Path target = dir.resolve("back").resolve(name);
        TestStores.await(store.fetch(from, new StoredFile(name, 0, Instant.EPOCH, null), target));
        return target;
    }

    /** S3Proxy takes its time to refuse a signature. */
    private static <T> T patiently(io.vertx.core.Future<T> future) {
        try {
            return future.await(60, java.util.concurrent.TimeUnit.SECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private static ErrorCode code(io.vertx.core.Future<?> failing) {
        Throwable e = patiently(failing.transform(result -> io.vertx.core.Future.succeededFuture(
                result.failed() ? result.cause() : new AssertionError("succeeded"))));
        assertThat(e).isInstanceOf(ApiException.class);
        return ((ApiException) e).code();
    }

    private List<String> names() {
        return TestStores.await(store.list(folder)).stream()
                .map(StoredFile::name)
                .toList();
    }

    private static Piece piece(String name, long offset, boolean complete, String sha256, String text) {
        return new Piece(name, offset, complete, sha256, Buffer.buffer(text));
    }

    @Test
    void a_small_file_comes_back_with_its_checksum_beside_it() throws IOException {
        StoredFile stored = TestStores.await(store.store(folder, "deep/a+b %c ü.txt", file(1000)));
        assertThat(stored.sizeBytes()).isEqualTo(1000);
        assertThat(names()).containsExactly("deep/a+b %c ü.txt");
        assertThat(TestStores.await(store.list(folder)).get(0).tag()).isEqualTo(stored.tag());
        assertThat(fetched(folder, "deep/a+b %c ü.txt")).hasSameBinaryContentAs(file(1000));
        var head = beside.headObject(
                b -> b.bucket(S3Server.BUCKET).key("some/prefix/" + job + "/checkpoints/deep/a+b %c ü.txt"));
        assertThat(head.metadata())
                .containsEntry("sha256", FileDigest.of(file(1000)).sha256());
        TestStores.await(store.delete(folder, "deep/a+b %c ü.txt"));
        assertThat(names()).isEmpty();
        assertThat(code(store.delete(folder, "deep/a+b %c ü.txt"))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(code(store.open(folder, "deep/a+b %c ü.txt"))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(code(store.open(folder, "../x"))).isEqualTo(ErrorCode.NOT_FOUND);
    }

    @Test
    void an_empty_file_is_a_file() throws IOException {
        TestStores.await(store.store(folder, "empty", Files.createFile(dir.resolve("nothing"))));
        assertThat(fetched(folder, "empty")).isEmptyFile();
    }

    @Test
    void a_large_file_goes_in_parts() throws IOException {
        Path file = file(2 * PART + 7);
        StoredFile stored = TestStores.await(store.store(folder, "large", file));
        assertThat(stored.tag()).contains("-3");
        assertThat(fetched(folder, "large")).hasSameBinaryContentAs(file);
        assertThat(dir.resolve("spool")).isEmptyDirectory();
    }

    @Test
    void a_file_that_ends_with_a_part_has_no_part_too_many() throws IOException {
        Path file = file(2 * PART);
        assertThat(TestStores.await(store.store(folder, "even", file)).tag()).contains("-2");
        assertThat(fetched(folder, "even")).hasSameBinaryContentAs(file);
    }

    @Test
    void a_broken_upload_goes_on_with_the_parts_that_are_missing() throws IOException {
        Path file = file(3 * PART + 7);
        try (var wire = new CutWire(s3.port())) {
            var shaky = store(wire.endpoint(), S3Server.BUCKET, S3Server.SECRET);
            wire.cutAfter(2 * PART + (1 << 20));
            assertThat(code(shaky.store(folder, "large", file))).isEqualTo(ErrorCode.STORAGE_UNREACHABLE);
            assertThat(names()).isEmpty();
            TestStores.await(shaky.close());
            var restarted = store(wire.endpoint(), S3Server.BUCKET, S3Server.SECRET);
            wire.cutAfter(2 * PART + (1 << 20)); // not enough for all of it
            TestStores.await(restarted.store(folder, "large", file));
            TestStores.await(restarted.close());
        }
        assertThat(fetched(folder, "large")).hasSameBinaryContentAs(file);
        assertThat(uploads()).isZero();
    }

    private long uploads() {
        return beside.listMultipartUploads(b -> b.bucket(S3Server.BUCKET))
                .uploads()
                .size();
    }

    /** Breaks an upload after its first part. */
    private void breakUpload(Path file) {
        try (var wire = new CutWire(s3.port())) {
            var shaky = store(wire.endpoint(), S3Server.BUCKET, S3Server.SECRET);
            wire.cutAfter(PART + (1 << 20));
            assertThat(code(shaky.store(folder, "large", file))).isEqualTo(ErrorCode.STORAGE_UNREACHABLE);
            TestStores.await(shaky.close());
        }
    }

    @Test
    void a_broken_upload_of_another_content_is_aborted() throws IOException {
        breakUpload(file(2 * PART + 7));
        Path other = file(2 * PART + 8);
        TestStores.await(store.store(folder, "large", other));
        assertThat(fetched(folder, "large")).hasSameBinaryContentAs(other);
        assertThat(uploads()).isZero();
    }

    @Test
    void leftovers_are_aborted_after_a_day_and_the_upload_begins_anew() throws IOException {
        Path file = file(2 * PART + 7);
        breakUpload(file);
        TestStores.await(store.tidy());
        assertThat(uploads()).isEqualTo(1);
        Path state;
        try (Stream<Path> files = Files.list(dir.resolve("spool"))) {
            state = files.findFirst().orElseThrow();
        }
        byte[] known = Files.readAllBytes(state);
        clock.advance(Duration.ofHours(25));
        TestStores.await(store.tidy());
        assertThat(uploads()).isZero();
        assertThat(state).doesNotExist();
        Files.write(state, known); // a server that was away for long still believes in it
        TestStores.await(store.store(folder, "large", file));
        assertThat(fetched(folder, "large")).hasSameBinaryContentAs(file);
    }

    @Test
    void pieces_gather_on_disk_and_a_restarted_server_goes_on() {
        String sha256 = java.util.HexFormat.of().formatHex(dev.stationmaster.platform.security.Hash.sha256("onetwo"));
        assertThat(TestStores.await(store.store(folder, piece("f", 0, false, null, "one")))
                        .getLong("size_bytes"))
                .isEqualTo(3);
        assertThat(names()).isEmpty();
        var restarted = store(s3.endpoint(), S3Server.BUCKET, S3Server.SECRET);
        assertThat(code(restarted.store(folder, piece("f", 2, true, null, "two"))))
                .isEqualTo(ErrorCode.OFFSET_MISMATCH);
        TestStores.await(restarted.store(folder, piece("f", 3, true, sha256, "two")));
        assertThat(fetched(folder, "f")).hasContent("onetwo");
        assertThat(code(restarted.store(folder, piece("f", 0, true, sha256, "other"))))
                .isEqualTo(ErrorCode.CHECKSUM_MISMATCH);
        assertThat(code(restarted.store(folder, piece("../f", 0, true, null, "x"))))
                .isEqualTo(ErrorCode.BAD_REQUEST);
        assertThat(fetched(folder, "f")).hasContent("onetwo");
        TestStores.await(restarted.close());
    }

    @Test
    void a_whole_that_the_bucket_did_not_take_is_sent_again_by_an_empty_piece() {
        try (var wire = new CutWire(s3.port())) {
            var shaky = store(wire.endpoint(), S3Server.BUCKET, S3Server.SECRET);
            wire.cutAfter(0);
            assertThat(code(shaky.store(folder, piece("f", 0, true, null, "text"))))
                    .isEqualTo(ErrorCode.STORAGE_UNREACHABLE);
            wire.mend();
            TestStores.await(shaky.store(folder, piece("f", 4, true, null, "")));
            TestStores.await(shaky.close());
        }
        assertThat(fetched(folder, "f")).hasContent("text");
    }

    @Test
    void unfinished_uploads_take_only_so_much_room() {
        Buffer much = Buffer.buffer(new byte[30 << 20]);
        TestStores.await(store.store(folder, new Piece("a", 0, false, null, much)));
        assertThat(code(store.store(folder, new Piece("b", 0, false, null, much))))
                .isEqualTo(ErrorCode.STORAGE_FULL);
        clock.advance(Duration.ofHours(25));
        TestStores.await(store.tidy());
        TestStores.await(store.store(folder, new Piece("b", 0, false, null, much)));
    }

    @Test
    void what_was_damaged_in_the_bucket_is_not_brought_here() throws IOException {
        TestStores.await(store.store(folder, "good", file(7)));
        String key = "some/prefix/" + job + "/checkpoints/";
        beside.copyObject(b -> b.sourceBucket(S3Server.BUCKET)
                .sourceKey(key + "good")
                .destinationBucket(S3Server.BUCKET)
                .destinationKey(key + "bad")
                .metadataDirective(MetadataDirective.REPLACE)
                .metadata(Map.of("sha256", "0".repeat(64))));
        Path target = dir.resolve("back/bad");
        assertThat(code(store.fetch(folder, new StoredFile("bad", 7, Instant.EPOCH, null), target)))
                .isEqualTo(ErrorCode.CHECKSUM_MISMATCH);
        assertThat(target).doesNotExist();
        assertThat(dir.resolve("spool")).isEmptyDirectory();
    }

    @Test
    void an_object_streams() throws IOException {
        Path file = file(1_000_000);
        TestStores.await(store.store(folder, "f", file));
        FileContent content = TestStores.await(store.open(folder, "f"));
        assertThat(content.sizeBytes()).isEqualTo(1_000_000);
        assertThat(content.path()).isNull();
        Path copy = dir.resolve("copy");
        var out = vertx.fileSystem()
                .open(copy.toString(), new io.vertx.core.file.OpenOptions())
                .await();
        TestStores.await(content.sendTo(out).compose(sent -> out.close()));
        assertThat(copy).hasSameBinaryContentAs(file);
    }

    @Test
    void folders_are_listed_and_cleared() throws IOException {
        UUID second = Ids.next();
        JobFolder artifacts = FileKind.ARTIFACT.of(second, job);
        for (String name : List.of("a", "b/c")) {
            TestStores.await(store.store(folder, name, file(10)));
            TestStores.await(store.store(artifacts, name, file(10)));
        }
        List<UUID> all = TestStores.await(store.folders("", 1000));
        assertThat(all).contains(job, second);
        assertThat(TestStores.await(store.folders(job.toString(), 1000)))
                .contains(second)
                .doesNotContain(job);
        assertThat(TestStores.await(store.folders("", 1))).hasSize(1);
        assertThat(TestStores.await(store.clear(folder))).hasValue(2);
        assertThat(TestStores.await(store.clear(folder))).hasValue(0);
        assertThat(TestStores.await(store.list(artifacts))).hasSize(2);
    }

    @Test
    void what_is_wrong_is_said() throws IOException {
        var gone = store(s3.endpoint(), "no-such-bucket", S3Server.SECRET);
        assertThat(code(gone.list(folder))).isEqualTo(ErrorCode.BUCKET_MISSING);
        assertThat(code(gone.store(folder, "f", file(10)))).isEqualTo(ErrorCode.BUCKET_MISSING);
        assertThat(code(gone.open(folder, "f"))).isEqualTo(ErrorCode.BUCKET_MISSING);
        var denied = store(s3.endpoint(), S3Server.BUCKET, "a wrong secret");
        assertThat(code(denied.list(folder))).isEqualTo(ErrorCode.STORAGE_REFUSES);
        assertThat(code(denied.store(folder, "f", file(10)))).isEqualTo(ErrorCode.STORAGE_REFUSES);
        var nobody = store("http://127.0.0.1:1", S3Server.BUCKET, S3Server.SECRET);
        assertThat(code(nobody.list(folder))).isEqualTo(ErrorCode.STORAGE_UNREACHABLE);
        assertThat(TestStores.failure(nobody.list(folder)).getMessage()).doesNotContain(S3Server.SECRET);
        for (FileStore each : List.of(gone, denied, nobody)) {
            TestStores.await(each.close());
        }
    }
}
