package dev.stationmaster.jobs;

import dev.stationmaster.jobs.storage.FileStore;
import dev.stationmaster.jobs.storage.LocalFileStore;
import dev.stationmaster.jobs.storage.RetentionService;
import dev.stationmaster.jobs.storage.StorageSettings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done for stored files from time to time. Bound to the worker's event loop. */
final class StorageChores {
    private static final Logger LOG = LoggerFactory.getLogger(StorageChores.class);

    private final Vertx vertx;
    private final StorageSettings settings;
    private final FileStore store;
    private final AttemptFiles files;
    /** Of what this server alone has: the files themselves, or copies of what is shared. */
    private final RetentionService local;

    private final RetentionService shared;
    private boolean sending;

    StorageChores(Vertx vertx, JobsVerticle.Deps deps, JobStore jobs, RunningAttempts running) {
        this.vertx = vertx;
        this.settings = deps.storage();
        this.store = deps.files();
        this.files =
                new AttemptFiles(vertx, deps.clock(), store, deps.settings().dataDir(), jobs, running);
        var here = new LocalFileStore(vertx, deps.clock(), deps.settings().dataDir());
        this.local = new RetentionService(here, deps.database(), deps.clock(), settings.keep(), !store.shared());
        this.shared = new RetentionService(store, deps.database(), deps.clock(), settings.keep(), true);
    }

    AttemptFiles files() {
        return files;
    }

    void start(BooleanSupplier leads) {
        every(settings.sweep(), () -> sweep(leads));
        later("Tidying stored files", store.tidy());
        if (store.shared()) {
            every(settings.sync(), this::send);
            later("Sending files that were left", files.sendLeft());
        }
    }

    private void sweep(BooleanSupplier leads) {
        later("Deleting old files", local.sweep());
        later("Tidying stored files", store.tidy());
        if (store.shared() && leads.getAsBoolean()) {
            later("Deleting old files of the bucket", shared.sweep());
        }
    }

    /** One round at a time: a slow bucket must not pile them up. */
    private void send() {
        if (!sending) {
            sending = true;
            later(
                    "Sending changed files",
                    files.sendChanged().transform(done -> files.sendLeft()).onComplete(done -> sending = false));
        }
    }

    private void every(Duration time, Runnable work) {
        vertx.setPeriodic(Math.max(1, time.toMillis()), id -> work.run());
    }

    private static void later(String what, Future<?> work) {
        work.onFailure(e -> LOG.warn("{}: {}", what, e.toString()));
    }
}
