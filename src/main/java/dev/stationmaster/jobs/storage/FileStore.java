package dev.stationmaster.jobs.storage;

import dev.stationmaster.platform.web.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * Files of jobs. Thread-safe; never blocks its caller. Fails with an {@code ApiException} whose code says why: {@link
 * ErrorCode#NOT_FOUND}, {@link ErrorCode#STORAGE_FULL}, {@link ErrorCode#CHECKSUM_MISMATCH}, {@link
 * ErrorCode#STORAGE_UNREACHABLE}, {@link ErrorCode#STORAGE_REFUSES}, {@link ErrorCode#BUCKET_MISSING}.
 */
public interface FileStore {
    /** At most so many files of a folder are listed, sent and deleted at once. */
    int MAX_FILES = 1_000;

    int MAX_DEPTH = 8;

    /** Whether all servers see the same files. */
    boolean shared();

    /** By name; the first {@link #MAX_FILES}. */
    Future<List<StoredFile>> list(JobFolder folder);

    Future<FileContent> open(JobFolder folder, String name);

    /** What is stored of it so far. The file appears with its last piece, in one step. */
    Future<JsonObject> store(JobFolder folder, Piece piece);

    /** A whole file of this machine. */
    Future<StoredFile> store(JobFolder folder, String name, Path file);

    /** Brings a file to this machine; it appears there in one step, once its checksum is compared. */
    Future<StoredFile> fetch(JobFolder folder, StoredFile file, Path target);

    Future<Void> delete(JobFolder folder, String name);

    /** How many files were deleted; empty where this server has no such folder. */
    Future<OptionalInt> clear(JobFolder folder);

    /** Whose folders are here, in order. */
    Future<List<UUID>> folders(String after, int limit);

    /** Ends what was begun long ago and not ended. */
    Future<Void> tidy();

    Future<Void> close();
}
