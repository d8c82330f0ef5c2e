package dev.stationmaster.jobs.storage;

import dev.stationmaster.platform.time.Clock;
import io.vertx.core.Vertx;
import java.nio.file.Path;

/** The storage that the settings name. */
public final class FileStores {
    private FileStores() {}

    public static FileStore open(Vertx vertx, Clock clock, Path dataDir, StorageSettings settings) {
        return settings.kind() == StorageSettings.Kind.S3
                ? new S3FileStore(vertx, clock, dataDir, settings)
                : new LocalFileStore(vertx, clock, dataDir);
    }
}
