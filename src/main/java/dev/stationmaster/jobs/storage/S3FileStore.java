package dev.stationmaster.jobs.storage;

import dev.stationmaster.platform.security.Ids;
import dev.stationmaster.platform.time.Clock;
import dev.stationmaster.platform.web.ApiException;
import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/** In a bucket that all servers share. Uploads over the API gather on this server's disk first. */
public final class S3FileStore implements FileStore {
    private static final Duration FORGOTTEN = Duration.ofDays(1);
    private static final int THREADS = 8;
    private static final int MOST_WAITING = 1_000;
    private static final int MOST_ROUNDS = 100;

    private final Clock clock;
    private final S3Client client;
    private final String bucket;
    private final String prefix;
    private final Path spoolFolder;
    private final PieceSpool spool;
    private final S3Upload uploads;
    private final WorkerExecutor workers;
    private final AtomicInteger waiting = new AtomicInteger();

    public S3FileStore(Vertx vertx, Clock clock, Path dataDir, StorageSettings settings) {
        this.clock = clock;
        this.client = S3Connection.open(settings.bucket());
        this.bucket = settings.bucket().name();
        this.prefix = settings.bucket().prefix();
        this.spoolFolder = dataDir.toAbsolutePath().normalize().resolve("spool");
        this.spool = new PieceSpool(settings.spoolBytes());
        this.uploads = new S3Upload(client, bucket, settings.multipartBytes(), spoolFolder);
        this.workers = vertx.createSharedWorkerExecutor("stationmaster-bucket", THREADS, 1, TimeUnit.HOURS);
    }

    @Override
    public boolean shared() {
        return true;
    }

    private String key(JobFolder folder, String name) {
        return prefix + folder.keyPrefix() + name;
    }

    @Override
    public Future<List<StoredFile>> list(JobFolder folder) {
        return asked(() -> {
            String own = key(folder, "");
            var found = new ArrayList<StoredFile>();
            for (S3Object object : client.listObjectsV2Paginator(
                            b -> b.bucket(bucket).prefix(own))
                    .contents()) {
                String name = object.key().substring(own.length());
                if (FileNames.plain(name)) { // else it is not from here: a marker of a folder, say
                    found.add(new StoredFile(name, object.size(), object.lastModified(), object.eTag()));
                }
                if (found.size() == MAX_FILES) {
                    break;
                }
            }
            return List.copyOf(found);
        });
    }

    @Override
    public Future<FileContent> open(JobFolder folder, String name) {
        return asked(
                () -> new S3Content(
                        workers,
                        client.getObject(b -> b.bucket(bucket).key(key(folder, found(folder, name)))),
                        e -> S3Problems.of(e, bucket)),
                e -> S3Problems.of(e, bucket, folder, name));
    }

    private static String found(JobFolder folder, String name) {
        if (!FileNames.plain(name)) {
            throw ApiException.notFound(folder.kind().wireName(), name);
        }
        return name;
    }

    @Override
    public Future<JsonObject> store(JobFolder folder, Piece piece) {
        return asked(() -> {
            String key = key(folder, FileNames.checked(piece.name()));
            return piece.stored(spool.add(spoolFolder, key, piece, whole -> {
                var unused = uploads.send(key, whole);
            }));
        });
    }

    @Override
    public Future<StoredFile> store(JobFolder folder, String name, Path file) {
        return asked(() -> {
            String tag = uploads.send(key(folder, FileNames.checked(name)), file);
            return new StoredFile(name, Files.size(file), clock.now(), tag);
        });
    }

    @Override
    public Future<StoredFile> fetch(JobFolder folder, StoredFile file, Path target) {
        return asked(
                () -> {
                    Files.createDirectories(spoolFolder);
                    Path arriving = spoolFolder.resolve(Ids.next() + ".fetch");
                    try {
                        return fetch(key(folder, found(folder, file.name())), file.name(), arriving, target);
                    } finally {
                        Files.deleteIfExists(arriving);
                    }
                },
                e -> S3Problems.of(e, bucket, folder, file.name()));
    }

    private StoredFile fetch(String key, String name, Path arriving, Path target) throws IOException {
        GetObjectResponse got = client.getObject(b -> b.bucket(bucket).key(key), arriving);
        String sum = got.metadata().get(S3Upload.SHA256);
        if (sum != null && !sum.equals(FileDigest.of(arriving).sha256())) {
            throw new ApiException(
                    ErrorCode.CHECKSUM_MISMATCH,
                    "The bucket's " + name + " is not what was stored: its SHA-256 differs.");
        }
        Instant modified = got.lastModified();
        Files.setLastModifiedTime(arriving, FileTime.from(modified)); // programs may look for the newest
        Files.createDirectories(target.getParent());
        Files.move(arriving, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return new StoredFile(name, Files.size(target), modified, got.eTag());
    }

    @Override
    public Future<Void> delete(JobFolder folder, String name) {
        return asked(
                () -> {
                    String key = key(folder, found(folder, name));
                    client.headObject(b -> b.bucket(bucket).key(key));
                    client.deleteObject(b -> b.bucket(bucket).key(key));
                    return null;
                },
                e -> S3Problems.of(e, bucket, folder, name));
    }

    @Override
    public Future<OptionalInt> clear(JobFolder folder) {
        return asked(() -> {
            int count = 0;
            int last = -1;
            for (int round = 0; round < MOST_ROUNDS && last != 0; round++) {
                last = clearSome(key(folder, ""));
                count += last;
            }
            return OptionalInt.of(count);
        });
    }

    private int clearSome(String own) {
        var keys = client.listObjectsV2(b -> b.bucket(bucket).prefix(own)).contents().stream()
                .map(object -> ObjectIdentifier.builder().key(object.key()).build())
                .toList();
        if (keys.isEmpty()) {
            return 0;
        }
        var left = client.deleteObjects(
                        b -> b.bucket(bucket).delete(d -> d.objects(keys).quiet(true)))
                .errors();
        if (!left.isEmpty()) {
            throw new ApiException(
                    ErrorCode.STORAGE_REFUSES,
                    "The bucket " + bucket + " does not delete: " + left.get(0).code());
        }
        return keys.size();
    }

    @Override
    public Future<List<UUID>> folders(String after, int limit) {
        return asked(() -> {
            ListObjectsV2Response page = client.listObjectsV2(b -> b.bucket(bucket)
                    .prefix(prefix)
                    .delimiter("/")
                    .maxKeys(limit)
                    // what comes behind the slash in ASCII: all of that folder is passed
                    .startAfter(after.isEmpty() ? null : prefix + after + "0"));
            return page.commonPrefixes().stream()
                    .map(p -> p.prefix().substring(prefix.length()))
                    .filter(name -> name.length() == 37)
                    .map(name -> UUID.fromString(name.substring(0, 36)))
                    .toList();
        });
    }

    @Override
    public Future<Void> tidy() {
        Instant since = clock.now().minus(FORGOTTEN);
        return asked(() -> {
            spool.forget(spoolFolder, since);
            for (MultipartUpload upload : client.listMultipartUploadsPaginator(
                            b -> b.bucket(bucket).prefix(prefix))
                    .uploads()) {
                if (upload.initiated().isBefore(since)) {
                    abort(upload);
                }
            }
            return null;
        });
    }

    private void abort(MultipartUpload upload) {
        try {
            client.abortMultipartUpload(b -> b.bucket(bucket).key(upload.key()).uploadId(upload.uploadId()));
        } catch (S3Exception e) {
            if (!S3Problems.isMissing(e)) { // another server was faster
                throw e;
            }
        }
    }

    @Override
    public Future<Void> close() {
        client.close();
        return workers.close();
    }

    private <T> Future<T> asked(Callable<T> work) {
        return asked(work, e -> S3Problems.of(e, bucket));
    }

    private <T> Future<T> asked(Callable<T> work, Function<Exception, ApiException> problem) {
        if (waiting.incrementAndGet() > MOST_WAITING) {
            waiting.decrementAndGet();
            return Future.failedFuture(ApiException.retryLater(
                    ErrorCode.UNAVAILABLE, "Too many files are on their way already; try again later.", 5));
        }
        return workers.executeBlocking(
                        () -> {
                            try {
                                return work.call();
                            } catch (SdkException | IOException | UncheckedIOException e) {
                                throw problem.apply(e);
                            }
                        },
                        false)
                .onComplete(done -> waiting.decrementAndGet());
    }
}
